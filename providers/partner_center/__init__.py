"""Partner Center: how one logs in and asks, what is read there, and the switch of its subscriptions."""
