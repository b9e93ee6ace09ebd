"""Frozen values and functions of values: no I/O, no clock, no randomness, no third-party package."""
