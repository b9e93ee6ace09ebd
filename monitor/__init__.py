"""Sellerwatch: source -> capture -> document -> signal -> incident -> alert."""

import gc

# What our modules make while they load stays for good; the collector's default would go through it again and again.
gc.set_threshold(50_000, 10, 10)

__version__ = "0.1.0"
