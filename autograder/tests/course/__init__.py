"""The way of a course: releasing, collecting, the command line, pages for readers."""
