"""The commands of `starter.py`: a module for each kind of work, and what they share."""
