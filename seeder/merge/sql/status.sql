-- Count what a seeder holds of a table: its rows, those of which somebody edited a cell, those with cells that were kept
-- as they were before us, those in which the file changed too what somebody edited, those that somebody deleted, and
-- those that its seed file no longer lists.
SELECT
    pg_catalog.count(*) AS rows,
    pg_catalog.count(*) FILTER (WHERE found.edited) AS edited,
    pg_catalog.count(*) FILTER (WHERE found.kept_existing AND entry.retired IS NULL) AS kept_existing,
    pg_catalog.count(*) FILTER (WHERE found.in_conflict AND entry.retired IS NULL) AS conflicts,
    pg_catalog.count(*) FILTER (WHERE live.ctid IS NULL) AS deleted,
    pg_catalog.count(*) FILTER (WHERE live.ctid IS NOT NULL AND entry.retired IS NOT NULL) AS retired
FROM {rows} AS entry
LEFT JOIN {table} AS live ON {same_key}
LEFT JOIN LATERAL (
    SELECT
        pg_catalog.bool_or(slot.place = ANY (entry.kept) OR -slot.place = ANY (entry.kept)
            OR (was.stood NOT IN (CAST('' AS pg_catalog.bytea), {unknown}) AND was.stood <> {slot_digest})) AS edited,
        pg_catalog.bool_or(-slot.place = ANY (entry.kept)) AS kept_existing,
        -- Neither taken back nor brought into line with the seed file.
        pg_catalog.bool_or(slot.place = ANY (entry.kept)
            AND {slot_digest} NOT IN (was.stood, was.desired)) AS in_conflict
    FROM pg_catalog.unnest({slots}) WITH ORDINALITY AS slot (live, place)
    CROSS JOIN LATERAL (
        SELECT
            pg_catalog.substr(entry.cells, CAST(slot.place AS pg_catalog.int4) * 8 - 7, 8) AS desired,
            pg_catalog.substr(coalesce(entry.stored, entry.cells),
                CAST(slot.place AS pg_catalog.int4) * 8 - 7, 8) AS stood
    ) AS was
    WHERE slot.place <> ALL (CAST(%(gone)s AS pg_catalog.int8[]))
) AS found ON live.ctid IS NOT NULL
WHERE entry.table_id = %(table_id)s AND entry.seeder_id = %(seeder_id)s
