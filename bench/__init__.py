"""Benchmarks: each is a program that measures, and prints a ratio to something measured beside it."""
