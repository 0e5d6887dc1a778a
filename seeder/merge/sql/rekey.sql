-- Move the entries of a seeder from a former key of the table to the one that its seed file names now.
--
-- Which columns the digest of the whole row covers is counted by the former registration, so it is given up; an entry
-- keeps its claim to be untouched only if its cells say so, as those of form 1 do.
WITH moved AS (
    DELETE FROM {rows} AS entry
    WHERE entry.table_id = %(former_id)s AND entry.seeder_id = %(seeder_id)s
    RETURNING entry.*
)
INSERT INTO {rows} AS entry (table_id, key, seeder_id, adopted, retired, seen, cells, stored, rest)
SELECT DISTINCT ON (1, 2)
    CAST(%(table_id)s AS pg_catalog.int4),
    {key},
    moved.seeder_id,
    moved.adopted,
    moved.retired,
    CAST(32767 AS pg_catalog.int2),
    {cells},
    CASE WHEN moved.stored IS NOT NULL THEN {stored} END,
    CASE WHEN moved.rest IS NOT NULL THEN CAST('' AS pg_catalog.bytea) END
FROM moved
JOIN {table} AS live ON {same_key}
ON CONFLICT (table_id, key) DO NOTHING
