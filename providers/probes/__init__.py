"""Looks at vendors that change nothing there: what can be reached, and what our credentials may do."""
