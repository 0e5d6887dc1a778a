"""The database: how to reach it, wait for it, lock it, and read what it says."""
