"""One module a vendor, and the outbox. Each fits a Protocol of `activities`; none knows the ledger."""
