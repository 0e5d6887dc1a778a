"""A help desk: tickets come in, are sorted into categories, and answered with prepared replies."""
