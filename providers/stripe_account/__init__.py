"""Stripe: what it says by webhook and by its API, in our words."""
