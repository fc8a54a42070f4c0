"""Contact law: when, how often and by which channel a customer may be contacted, as dated data."""
