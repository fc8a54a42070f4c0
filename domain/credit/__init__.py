"""Credit: what may be owed, what is ordered, what is prepaid, and whether an order may be provisioned."""
