"""Outgoing webhooks: the seller's own product is told of events, and asked to turn services down and up."""
