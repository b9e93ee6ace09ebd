"""A story on loopback: an invented site is watched by the real daemon, and what it tells arrives at sinks of ours."""
