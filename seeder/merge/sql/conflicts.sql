-- The cells that were kept and are in conflict still, of rows of the seed file: whether somebody edited the cell, or it
-- was there before us, and since when it was kept.
{with_seed}pairs AS (
{pairs}
)
SELECT
    CAST(pairs.key AS pg_catalog.text[]) AS key,
    c.place,
    c.live,
    c.desired,
    coalesce(c.slot = ANY (pairs.kept), false) AS edited,
    pairs.kept_at[coalesce(
        pg_catalog.array_position(pairs.kept, c.slot), pg_catalog.array_position(pairs.kept, -c.slot))] AS since
FROM pairs
CROSS JOIN LATERAL ROWS FROM (
    pg_catalog.unnest(pairs.desired), pg_catalog.unnest(pairs.live), pg_catalog.unnest(pairs.named),
    pg_catalog.unnest(CAST(%(slots)s AS pg_catalog.int2[])),
    pg_catalog.unnest(CAST(%(insert_only)s AS pg_catalog.bool[]))
) WITH ORDINALITY AS c (desired, live, named, slot, insert_only, place)
CROSS JOIN LATERAL (
    SELECT nullif(pg_catalog.substr(pairs.stood, c.slot * 8 - 7, 8), '') AS stood
) AS d
WHERE c.named AND {in_conflict}
ORDER BY pairs.n, c.place
