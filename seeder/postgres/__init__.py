"""The database: how to reach it, wait for it, lock it, and read what it says."""

from seeder.postgres.engine import create_engine

__all__ = ["create_engine"]
