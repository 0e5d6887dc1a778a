-- Note in the ledger that `retired_rows: set` was applied, and how the cells that it wrote stand now.
UPDATE {rows} AS entry
SET retired = 'set',
    cells = noted.cells,
    stored = nullif(noted.stored, noted.cells),
    rest = CASE WHEN %(as_left)s THEN {rest_digest} END,
    seen = CASE WHEN %(as_left)s THEN CAST(%(seen)s AS pg_catalog.int2) ELSE entry.seen END
FROM (
    SELECT before.key, {rest} AS rest_now, cells.cells, cells.stored
    FROM {rows} AS before
    JOIN {table} AS live ON {same_key}
    CROSS JOIN LATERAL (
        SELECT
            pg_catalog.string_agg(slot.desired, CAST('' AS pg_catalog.bytea) ORDER BY slot.place) AS cells,
            pg_catalog.string_agg(slot.stood, CAST('' AS pg_catalog.bytea) ORDER BY slot.place) AS stored
        FROM (
            SELECT
                s.place,
                CASE WHEN s.place = ANY (CAST(%(written)s AS pg_catalog.int8[])) THEN {slot_digest}
                    ELSE coalesce(nullif(pg_catalog.substr(before.cells, s.at, 8), ''), {unknown}) END AS desired,
                CASE WHEN s.place = ANY (CAST(%(written)s AS pg_catalog.int8[])) OR %(as_left)s THEN {slot_digest}
                    ELSE coalesce(nullif(pg_catalog.substr(coalesce(before.stored, before.cells), s.at, 8), ''),
                                  {unknown}) END AS stood
            FROM (
                SELECT u.live, u.place, CAST(u.place AS pg_catalog.int4) * 8 - 7 AS at
                FROM pg_catalog.unnest({slots}) WITH ORDINALITY AS u (live, place)
            ) AS s
        ) AS slot
    ) AS cells
    WHERE before.table_id = %(table_id)s AND before.key = ANY (CAST(%(keys)s AS pg_catalog.text[]))
) AS noted
WHERE entry.table_id = %(table_id)s AND entry.key = noted.key
