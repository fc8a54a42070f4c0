"""HTTP: vendors' webhooks in, and the page on which customers unsubscribe. May import store and domain."""
