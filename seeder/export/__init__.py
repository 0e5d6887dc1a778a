"""A live table as a seed file: what is in it, and how a person would have written that."""
