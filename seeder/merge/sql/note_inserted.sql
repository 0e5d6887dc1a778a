-- Enter the rows that were inserted in the ledger: what the seed file desired of each cell and, if a trigger or a type
-- made anything else of one, how all stand now. In the order of the keys, so that the index of the ledger stays dense.
WITH found AS MATERIALIZED (
{found}
), entered AS (
    INSERT INTO {rows} AS entry
        (table_id, key, seeder_id, adopted, retired, seen, cells, stored, rest, kept, kept_at)
    SELECT
        %(table_id)s, found.key, %(seeder_id)s, false, NULL, %(seen)s, found.cells,
        CASE WHEN found.slots IS NOT NULL THEN nullif((
            SELECT pg_catalog.string_agg({slot_digest}, CAST('' AS pg_catalog.bytea) ORDER BY slot.place)
            FROM pg_catalog.unnest(found.slots) WITH ORDINALITY AS slot (live, place)
        ), found.cells) END,
        found.rest, NULL, NULL
    FROM found
    -- Asked here, so that the planner does not take it for a way to join.
    WHERE found.ours
    ORDER BY found.key
    {entered_before}
    RETURNING 1
)
SELECT pg_catalog.count(*) FROM entered
