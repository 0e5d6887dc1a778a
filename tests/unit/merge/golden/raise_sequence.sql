-- Raise a sequence to the furthest value that was given, so that the next default does not collide; never lower it.
-- `setval` would lower it if others drew from it between our reading and our setting. `nextval` cannot, so a small gap
-- is closed by drawing; nobody draws ten thousand values in the microseconds of the other case.
WITH behind AS (
    SELECT
        CAST(CAST(s.seqrelid AS pg_catalog.oid) AS pg_catalog.regclass) AS sequence,
        s.seqincrement AS step, s.seqmax AS highest, s.seqmin AS lowest,
        given.reached,
        coalesce(pg_catalog.pg_sequence_last_value(s.seqrelid), s.seqstart - s.seqincrement) AS last_value
    FROM pg_catalog.pg_sequence AS s
    CROSS JOIN LATERAL (
        SELECT CASE WHEN s.seqincrement < 0 THEN pg_catalog.min(CAST("seed"."c2" AS pg_catalog.int8)) ELSE pg_catalog.max(CAST("seed"."c2" AS pg_catalog.int8)) END AS reached
        FROM "pg_temp"."seeder_stage_1" AS seed
    ) AS given
    WHERE s.seqrelid = CAST(%(sequence)s AS pg_catalog.oid)
), gap AS (
    SELECT behind.*, CAST(pg_catalog.ceil((reached - last_value) / CAST(step AS pg_catalog.numeric)) AS pg_catalog.int8)
        AS draws
    FROM behind
    WHERE reached BETWEEN lowest AND highest AND (reached - last_value) * pg_catalog.sign(step) > 0
)
SELECT CASE
    WHEN gap.draws > 10000 THEN pg_catalog.setval(gap.sequence, gap.reached)
    ELSE (
        SELECT pg_catalog.max(drawn.value)
        FROM (SELECT pg_catalog.nextval(gap.sequence) AS value FROM pg_catalog.generate_series(1, gap.draws)) AS drawn)
END
FROM gap
