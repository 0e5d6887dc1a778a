"""The fields of events that hold names and sentences of ours. `docs/logs.md` lists the events themselves."""

COMMON_FIELDS = ("timestamp", "level", "event", "run_id", "version")
"""Fields of every event. They are ours, so they are never masked."""

NAME_FIELDS = frozenset(
    {
        *("seeder", "path", "file", "table", "schema", "columns", "lock", "prerequisite"),
        *("outcome", "phase", "change", "existing_rows", "kept_cells", "take", "sqlstate"),
        *("application", "release", "newest_release", "before", "address"),
    }
)
"""Fields that hold names, or one of a few known words. They are never masked."""

SENTENCE_FIELDS = frozenset({"error", "reason", "message", "seen", "holder", "traceback"})
"""Fields that hold sentences of ours, in which text from outside is already masked.

In a field of neither set everything that may be a secret is masked, so that a new field shows none by mistake.
"""
