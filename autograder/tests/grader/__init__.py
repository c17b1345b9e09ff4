"""What is right, and what it earns: `check`, the judge, the recorder, the gradebook."""
