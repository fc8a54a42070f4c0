"""Vendors of our own on 127.0.0.1: real HTTP servers that speak Twilio's and SendGrid's protocols.

For tests and the demo: every message goes through the vendors' SDKs, and any fault can be had on demand.
"""
