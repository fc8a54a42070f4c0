"""The log of what administrators do at a provider: its records, and the rules by which they are audited."""
