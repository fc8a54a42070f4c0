"""Receivables of another system, read from a CSV by a mapping document."""
