"""What people and machines may ask the daemon over HTTP; bound to loopback unless the settings say otherwise."""
