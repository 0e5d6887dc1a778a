-- Move the entries of a seeder from a former key of the table to the one that its seed file names now. The digest of a
-- whole row is taken anew, for it leaves out the key; a row that somebody has touched has none.
WITH pairs AS (
    SELECT
        entry.key AS former_key,
        {key} AS key,
        {in_part} AS in_part,
        entry.adopted,
        entry.retired,
        entry.seen,
        entry.cells,
        entry.stored,
        coalesce(entry.stored, entry.cells) AS stood,
        entry.rest,
        entry.kept,
        entry.kept_at,
        live.ctid AS version,
        {rest} AS rest_now,
        {additions} AS additions_untouched,
        {slots} AS slots,
        {rest_after} AS rest_after
    FROM {rows} AS entry
    JOIN {table} AS live ON {same_key}
    WHERE entry.table_id = %(former_id)s AND entry.seeder_id = %(seeder_id)s
), judged AS (
    SELECT pairs.*, {as_left} AS as_left FROM pairs
), dropped AS (
    DELETE FROM {rows} AS entry
    WHERE entry.table_id = %(former_id)s AND entry.seeder_id = %(seeder_id)s
)
INSERT INTO {rows} AS entry (table_id, key, seeder_id, adopted, retired, seen, cells, stored, rest, kept, kept_at)
SELECT DISTINCT ON (judged.key)
    CAST(%(table_id)s AS pg_catalog.int4),
    judged.key,
    CAST(%(seeder_id)s AS pg_catalog.int4),
    judged.adopted,
    judged.retired,
    CAST(%(seen)s AS pg_catalog.int2),
    {cells},
    CASE WHEN judged.stored IS NOT NULL THEN {stored} END,
    CASE WHEN judged.as_left THEN judged.rest_after END,
    kept.slots,
    kept.since
FROM judged
CROSS JOIN LATERAL (
    SELECT
        pg_catalog.array_agg(CASE WHEN k.slot < 0 THEN -m.slot ELSE m.slot END ORDER BY m.slot) AS slots,
        pg_catalog.array_agg(k.since ORDER BY m.slot) AS since
    FROM ROWS FROM (pg_catalog.unnest(judged.kept), pg_catalog.unnest(judged.kept_at)) AS k (slot, since)
    -- The slot that the column has under the key of today.
    CROSS JOIN LATERAL (SELECT (CAST(%(moved)s AS pg_catalog.int2[]))[pg_catalog.abs(k.slot)] AS slot) AS m
    WHERE m.slot IS NOT NULL
) AS kept
ORDER BY judged.key, judged.in_part DESC, judged.former_key
ON CONFLICT (table_id, key) DO NOTHING
