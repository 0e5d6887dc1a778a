-- The first row that this seeder has just entered, and that another seeder holds under another key of the table.
SELECT difference.n, other.table_id, other.key, other.seeder_id
FROM "pg_temp"."seeder_difference_2" AS difference
JOIN "pg_temp"."seeder_stage_1" AS seed ON seed.n = difference.n
JOIN "shop"."goods" AS live ON "live"."sku" OPERATOR("pg_catalog".=) "seed"."c0" AND ARRAY["live"."size"] OPERATOR(pg_catalog.=) ARRAY["seed"."c1"]
JOIN "seeder"."seeder_rows" AS other ON other.table_id = 2 AND other.key = CAST(CAST(ARRAY[(CAST("live"."id" AS pg_catalog.text)) COLLATE pg_catalog."C"] AS pg_catalog.text[]) AS pg_catalog.text) COLLATE pg_catalog."C"
WHERE difference.action IN (0, 1) AND NOT (difference.entered AND difference.owned)
    AND other.seeder_id <> %(seeder_id)s AND other.seeder_id <> ALL (CAST(%(former)s AS pg_catalog.int4[]))
    AND other.retired IS NULL
ORDER BY difference.n
LIMIT 1
