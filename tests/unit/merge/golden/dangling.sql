-- The key of a row that refers to one that is not there, if there is one.
SELECT CAST(ARRAY[(CAST("live"."sku" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."size" AS pg_catalog.text)) COLLATE pg_catalog."C"] AS pg_catalog.text[]) AS key
FROM "shop"."goods" AS live
WHERE "live"."size" IS NOT NULL AND NOT EXISTS (SELECT FROM "shop"."sizes" AS parent WHERE "parent"."size" OPERATOR("pg_catalog".=) "live"."size")
LIMIT 1
