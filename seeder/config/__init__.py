"""Every option in one table, its values, and the settings of a run."""
