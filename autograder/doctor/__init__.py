"""What proves that grading is safe here: ``machine`` attacks this machine's grader in every known
way, ``course`` sees that a course cannot be graded without it. ``attacks`` is the list.
"""
