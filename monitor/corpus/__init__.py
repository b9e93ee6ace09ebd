"""The labelled texts: what a row may say, whether all rows agree, and how they grow in number."""
