"""Playing a customer's past through the real workflows, on a server whose time can be skipped."""
