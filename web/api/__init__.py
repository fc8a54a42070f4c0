"""The REST API: what a billing system writes into the ledger and reads from it (docs/api.md)."""
