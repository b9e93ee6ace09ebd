"""The sections of the desk: each one file with the values that it shows, what it asks for them, and its routes."""
