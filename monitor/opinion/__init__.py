"""A second opinion on uncertain documents, from any OpenAI-compatible endpoint; off unless the settings turn it on."""
