"""Side effects, one class a concern; the Protocol that a class needs stands in the same file."""
