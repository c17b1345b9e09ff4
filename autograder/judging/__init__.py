"""The judge, and the steps by which nbgrader calls it."""
