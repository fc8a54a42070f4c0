"""Stripe: what it says by webhook and by its API, in our words; charges, and subscriptions as a switch."""
