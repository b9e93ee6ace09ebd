"""Archives through the steps that the daemon reads and understands by, into a store of their own. Nobody is told."""
