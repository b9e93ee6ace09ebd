"""What the desk shows and does: values for pages and programs, made of the store, the settings and the domain."""
