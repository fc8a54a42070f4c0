"""The reports of receivables from a ledger: what each reads, as of any day and as known at any moment."""
