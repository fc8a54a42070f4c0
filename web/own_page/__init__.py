"""The customer's own page, behind the link in every message: no login, no cookie, no script."""
