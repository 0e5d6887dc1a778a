"""Make a table hold the rows of a seed file: stage, compare three ways, apply, and write the ledger."""
