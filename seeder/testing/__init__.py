"""The parts of the pytest plugin: a PostgreSQL server, and a seeded database that is copied."""
