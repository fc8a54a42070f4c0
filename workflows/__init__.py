"""What happens in which order, and waiting. Workflows decide nothing: they look, act and wait."""
