"""Dated documents replayed through the real path under a frozen clock: how early, how right, how loud."""
