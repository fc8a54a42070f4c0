"""Stripe, as far as it is used: an account with state, its API in Stripe's own form, and its events."""
