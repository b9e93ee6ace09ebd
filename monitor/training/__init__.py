"""Building the shipped model from the corpus: `make train` and `make encoder`. Needs the `train` extra."""
