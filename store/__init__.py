"""The ledger: the only folder that knows SQL; it imports `domain` and nothing else of ours."""
