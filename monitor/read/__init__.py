"""Bytes to documents: deterministic, without network or clock, run in disposable processes."""
