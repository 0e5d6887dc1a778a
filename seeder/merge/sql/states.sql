-- What becomes of the cells of a row that is there, one number a cell.
SELECT coalesce(pg_catalog.array_agg(CAST(cell.state AS pg_catalog.int2) ORDER BY cell.place), '{{}}') AS states
FROM (
    SELECT c.place, CASE
        WHEN NOT c.named THEN 0
        -- `seeder resolve` does what it was told with the conflicts that were chosen, and leaves all else alone.
        WHEN CAST(%(take)s AS pg_catalog.int2) IS NOT NULL THEN
            CASE WHEN c.chosen AND {in_conflict}
                THEN CAST(%(take)s AS pg_catalog.int2) ELSE 0 END
        -- Written on insert alone; a row that returns gets back what `retired_rows: {{set: ...}}` took.
        WHEN c.insert_only THEN
            CASE WHEN judged.retired = 'set' AND d.desired = d.stood AND {live_digest} = d.stood
                AND c.live IS DISTINCT FROM c.desired THEN 1 ELSE 0 END
        -- The ledger does not know the cell. It is nobody's if the row, or the column since it was added, is as it
        -- was left; else this is the first contact with it.
        WHEN d.desired IS NULL OR d.desired = {unknown} THEN
            CASE
                WHEN c.live IS NOT DISTINCT FROM c.desired THEN CASE WHEN %(has_ledger)s THEN 2 ELSE 0 END
                WHEN judged.entered AND NOT judged.adopted AND (-c.slot = ANY (judged.kept)) IS NOT TRUE
                    AND (judged.as_left OR (c.column_place > judged.seen
                        AND (c.live IS NULL OR c.live = c.missing))) THEN 1{as_shipped}
                WHEN %(existing_rows)s = 5 AND (-c.slot = ANY (judged.kept) OR NOT %(has_ledger)s) THEN 7
                ELSE %(existing_rows)s
            END
        WHEN c.live IS NOT DISTINCT FROM c.desired THEN
            CASE WHEN d.desired = {desired_digest} AND d.stood = d.desired AND d.code IS NULL
                THEN 0 ELSE 2 END
        -- Another column came under the name of one that was renamed, and nobody has filled it yet.
        WHEN c.renewed AND NOT judged.adopted AND (c.live IS NULL OR c.live = c.missing) THEN 1
        -- Taken back by whoever edited it: it gets what the seed file says by now.
        WHEN d.stood = {live_digest} THEN
            CASE WHEN d.desired = {desired_digest} AND d.code IS NULL THEN 0 ELSE 1 END
        WHEN d.desired = {desired_digest} THEN CASE WHEN d.code IS NULL THEN 3 ELSE 8 END
        ELSE %(edited_rows)s
    END AS state
    FROM ROWS FROM (
        pg_catalog.unnest(judged.desired), pg_catalog.unnest(judged.live), pg_catalog.unnest(judged.named),
        pg_catalog.unnest(CAST(%(slots)s AS pg_catalog.int2[])),
        pg_catalog.unnest(CAST(%(insert_only)s AS pg_catalog.bool[])),
        pg_catalog.unnest(CAST(%(column_places)s AS pg_catalog.int2[])),
        pg_catalog.unnest(CAST(%(missing)s AS pg_catalog.text[])),
        pg_catalog.unnest(CAST(%(renewed)s AS pg_catalog.bool[])),
        pg_catalog.unnest(CAST(%(chosen)s AS pg_catalog.bool[]))
    ) WITH ORDINALITY AS c (desired, live, named, slot, insert_only, column_place, missing, renewed, chosen, place)
    CROSS JOIN LATERAL (
        SELECT
            nullif(pg_catalog.substr(judged.cells, c.slot * 8 - 7, 8), '') AS desired,
            nullif(pg_catalog.substr(judged.stood, c.slot * 8 - 7, 8), '') AS stood,
            pg_catalog.array_position(judged.kept, c.slot) AS code
    ) AS d
) AS cell
