"""Usage that is billed afterwards: what was agreed and measured, and how it stands against its budget."""
