-- Drop the entries of rows that we updated and that are gone: a trigger deleted them.
DELETE FROM "seeder"."seeder_rows" AS entry
USING "pg_temp"."seeder_difference_2" AS difference
JOIN "pg_temp"."seeder_stage_1" AS seed ON seed.n = difference.n
WHERE difference.writes AND entry.table_id = %(table_id)s AND entry.key = difference.key
    AND NOT EXISTS (SELECT FROM "shop"."goods" AS live WHERE "live"."sku" OPERATOR("pg_catalog".=) "seed"."c0" AND ARRAY["live"."size"] OPERATOR(pg_catalog.=) ARRAY["seed"."c1"])
