"""Files of banks, a module a format: bytes become statements that add up, or problems."""
