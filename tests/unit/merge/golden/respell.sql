-- Give entries the spelling of their key that the seed file uses now: 1.0 for 1.00, `1 mon` for `30 days`. Which keys
-- are equal is for the operator of their type to say. What a second entry says of one row goes.
WITH staged AS (
    SELECT CAST(CAST(ARRAY[(CAST("seed"."c0" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("seed"."c1" AS pg_catalog.text)) COLLATE pg_catalog."C"] AS pg_catalog.text[]) AS pg_catalog.text) COLLATE pg_catalog."C" AS key, "seed"."c0" AS "k1", "seed"."c1" AS "k2" FROM (SELECT seed.* FROM "pg_temp"."seeder_stage_1" AS seed WHERE NOT (false)) AS seed
), strange AS (
    SELECT entry.key, (CAST((CAST("entry"."key" AS pg_catalog.text[]))[1] AS "pg_catalog"."text") COLLATE "pg_catalog"."default") AS "k1", CASE WHEN pg_catalog.pg_input_is_valid((CAST("entry"."key" AS pg_catalog.text[]))[2], '"pg_catalog"."numeric"(10,2)') THEN CAST((CAST("entry"."key" AS pg_catalog.text[]))[2] AS "pg_catalog"."numeric"(10,2)) END AS "k2"
    FROM "seeder"."seeder_rows" AS entry
    WHERE entry.table_id = %(table_id)s AND NOT EXISTS (SELECT FROM staged WHERE staged.key = entry.key)
), pairs AS (
    SELECT
        strange.key AS old,
        staged.key AS new,
        pg_catalog.row_number() OVER (PARTITION BY staged.key ORDER BY strange.key) AS rank,
        EXISTS (SELECT FROM "seeder"."seeder_rows" AS entry
                WHERE entry.table_id = %(table_id)s AND entry.key = staged.key) AS taken
    FROM strange
    JOIN staged ON "strange"."k1" OPERATOR("pg_catalog".=) "staged"."k1" AND ARRAY["strange"."k2"] OPERATOR(pg_catalog.=) ARRAY["staged"."k2"]
), moved AS (
    UPDATE "seeder"."seeder_rows" AS entry SET key = pairs.new
    FROM pairs
    WHERE entry.table_id = %(table_id)s AND entry.key = pairs.old AND pairs.rank = 1 AND NOT pairs.taken
    RETURNING 1
), dropped AS (
    DELETE FROM "seeder"."seeder_rows" AS entry
    USING pairs
    WHERE entry.table_id = %(table_id)s AND entry.key = pairs.old AND (pairs.rank > 1 OR pairs.taken)
    RETURNING 1
)
SELECT (SELECT pg_catalog.count(*) FROM moved) + (SELECT pg_catalog.count(*) FROM dropped)
