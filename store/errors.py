"""Why the ledger did not do what it was asked: each error carries a sentence with its remedy."""


class Refused(Exception):
    """Nothing was written; the message says why and what would be right, one problem a line."""


class NoLedger(ValueError):
    """DATABASE_URL names neither an SQLite file nor a PostgreSQL database."""


class Conflict(Refused):
    """The source and id are recorded already, and say something else."""


class NoPolicy(Refused):
    """No adopted policy is for this customer."""


class UnknownCustomer(Refused):
    """The ledger has no customer of this id."""
