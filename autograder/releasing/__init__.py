"""From a lesson's source to what students get, and the search for what they must not."""
