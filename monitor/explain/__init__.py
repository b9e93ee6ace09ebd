"""From an alert, an incident or a document back to the words, rules and numbers that decided it."""
