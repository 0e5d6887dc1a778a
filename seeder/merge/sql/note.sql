-- Write into the ledger what became of rows that were there: what the seed file desired of each cell, and how it stands
-- now, read back after all triggers have fired.
WITH found AS (
{found}
), noted AS (
    SELECT
        found.key, found.writes, found.adopted, found.whole,
        CASE WHEN found.whole THEN {rest_digest} END AS rest,
        CASE WHEN found.whole THEN CAST(%(seen)s AS pg_catalog.int2) ELSE found.seen END AS seen,
        cells.cells, cells.stored, cells.kept, cells.kept_at
    FROM found
    CROSS JOIN LATERAL (
        SELECT
            pg_catalog.string_agg(slot.desired, CAST('' AS pg_catalog.bytea) ORDER BY slot.place) AS cells,
            pg_catalog.string_agg(slot.stood, CAST('' AS pg_catalog.bytea) ORDER BY slot.place) AS stored,
            pg_catalog.array_agg(slot.code ORDER BY slot.place) FILTER (WHERE slot.code IS NOT NULL) AS kept,
            pg_catalog.array_agg(coalesce(
                (found.kept_at)[pg_catalog.array_position(found.kept, slot.code)], pg_catalog.transaction_timestamp()
            ) ORDER BY slot.place) FILTER (WHERE slot.code IS NOT NULL) AS kept_at
        FROM (
            SELECT
                c.place,
                CASE
                    WHEN c.named AND c.state IN (1, 2, 4) THEN {desired_digest}
                    WHEN c.named AND c.state = 5 THEN {unknown}
                    ELSE coalesce(b.desired, {unknown})
                END AS desired,
                CASE
                    WHEN found.whole OR (found.ours AND c.named AND c.state = 1) THEN {live_digest}
                    WHEN c.named AND c.state IN (1, 2) THEN {desired_digest}
                    WHEN c.named AND c.state = 5 THEN {unknown}
                    ELSE coalesce(b.stood, {unknown})
                END AS stood,
                CASE
                    WHEN c.named AND c.state IN (1, 2) THEN NULL
                    WHEN c.named AND c.state = 4 THEN CAST(c.place AS pg_catalog.int2)
                    WHEN c.named AND c.state = 5 THEN CAST(-c.place AS pg_catalog.int2)
                    WHEN c.place = ANY (found.kept) THEN CAST(c.place AS pg_catalog.int2)
                    WHEN -c.place = ANY (found.kept) THEN CAST(-c.place AS pg_catalog.int2)
                END AS code
            FROM ROWS FROM (
                pg_catalog.unnest(found.slots), pg_catalog.unnest(found.desired), pg_catalog.unnest(found.named),
                pg_catalog.unnest(found.states)
            ) WITH ORDINALITY AS c (live, wanted, named, state, place)
            CROSS JOIN LATERAL (
                SELECT
                    nullif(pg_catalog.substr(found.cells, CAST(c.place AS pg_catalog.int4) * 8 - 7, 8), '') AS desired,
                    nullif(pg_catalog.substr(found.stood, CAST(c.place AS pg_catalog.int4) * 8 - 7, 8), '') AS stood
            ) AS b
        ) AS slot
    ) AS cells
), entered AS (
    INSERT INTO {rows} AS entry
        (table_id, key, seeder_id, adopted, retired, seen, cells, stored, rest, kept, kept_at)
    SELECT %(table_id)s, key, %(seeder_id)s, adopted, NULL, seen, coalesce(cells, ''), nullif(stored, cells),
        rest, kept, kept_at
    FROM noted
    {entered_before}
    RETURNING 1
)
SELECT
    pg_catalog.count(*) FILTER (WHERE noted.writes) AS updated,
    (SELECT pg_catalog.count(*) FROM entered) AS entered
FROM noted
