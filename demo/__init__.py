"""The demo: a sample business played through the real engine, a business day a second."""
