"""Bank lines in the ledger: how they are recorded, settled, decided about by people, and shown."""
