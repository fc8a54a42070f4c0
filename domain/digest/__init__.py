"""The daily digest: what finance should know in the morning, as a pure function of what the ledger holds."""
