-- The first row of the seed file whose key several live rows have. `pairs` has the row's number once for each of them.
SELECT pairs.n
FROM (SELECT seed.n FROM "pg_temp"."seeder_stage_1" AS seed JOIN "shop"."goods" AS live ON "live"."sku" OPERATOR("pg_catalog".=) "seed"."c0" AND "live"."size" OPERATOR("pg_catalog".=) "seed"."c1" WHERE "seed"."c1" IS NOT NULL
    UNION ALL
SELECT seed.n FROM "pg_temp"."seeder_stage_1" AS seed JOIN "shop"."goods" AS live ON "live"."sku" OPERATOR("pg_catalog".=) "seed"."c0" AND "live"."size" IS NULL WHERE "seed"."c1" IS NULL) AS pairs
GROUP BY pairs.n
HAVING pg_catalog.count(*) > 1
ORDER BY pairs.n
LIMIT 1
