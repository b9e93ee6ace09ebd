"""Sellerwatch: source -> capture -> document -> signal -> incident -> alert."""

__version__ = "0.1.0"
