-- Whether a row that the seed file no longer lists is gone, so that its entry is to be dropped.
SELECT EXISTS (
    SELECT FROM "seeder"."seeder_rows" AS entry
    WHERE entry.table_id = %(table_id)s AND entry.seeder_id = %(seeder_id)s AND entry.retired IS NOT NULL
        AND NOT EXISTS (SELECT FROM "shop"."goods" AS live WHERE "live"."sku" OPERATOR("pg_catalog".=) (CAST((CAST("entry"."key" AS pg_catalog.text[]))[1] AS "pg_catalog"."text") COLLATE "pg_catalog"."default") AND ("live"."size" OPERATOR("pg_catalog".=) CASE WHEN pg_catalog.pg_input_is_valid((CAST("entry"."key" AS pg_catalog.text[]))[2], '"pg_catalog"."numeric"(10,2)') THEN CAST((CAST("entry"."key" AS pg_catalog.text[]))[2] AS "pg_catalog"."numeric"(10,2)) END OR ("live"."size" IS NULL AND (CAST("entry"."key" AS pg_catalog.text[]))[2] IS NULL)))
)
