"""Cash application: bank lines, what they say they pay, and what may be concluded from it."""
