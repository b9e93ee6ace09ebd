"""The outside world out: one letter for every channel, one file per channel, and their certain delivery."""
