"""Partner Center on this machine: its login, its collections, and its subscriptions with all their rules.

It stands under a path of its own, since other vendors have the same paths.
"""
