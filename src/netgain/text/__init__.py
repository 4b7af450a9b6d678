"""Text as people and models write it: markup stripped once, numbers and number words read once.

`markup` makes text plain, `scan` finds the numbers in it, `words` those in words, and `numbers`
turns one number into an exact value and back. It knows nothing of answers, equations or reports.
"""
