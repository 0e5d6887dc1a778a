"""What the pytest plugin is made of: a PostgreSQL to test against, and a seeded database that is copied."""
