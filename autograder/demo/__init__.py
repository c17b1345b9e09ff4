"""A whole class once, from the lessons' source to the feedback."""
