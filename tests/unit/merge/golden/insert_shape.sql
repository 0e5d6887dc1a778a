-- The rows that name the same columns, of those that are to be inserted.
inserted_0 AS (
    INSERT INTO "shop"."goods" ("sku", "size", "stock", "price", "config", "sold_at", "enabled", "mood", "tags", "created_at", "updated_at") 
    SELECT "seed"."c0", "seed"."c1", "seed"."c2", "seed"."c3", "seed"."c4", "seed"."c5", "seed"."c6", "seed"."c7", "seed"."c8", pg_catalog.clock_timestamp(), pg_catalog.clock_timestamp()
    FROM "pg_temp"."seeder_difference_2" AS difference
    JOIN "pg_temp"."seeder_stage_1" AS seed ON seed.n OPERATOR(pg_catalog.=) difference.n
    WHERE difference.action OPERATOR(pg_catalog.=) 1 AND difference.shape OPERATOR(pg_catalog.=) 0
    ORDER BY difference.n
    RETURNING "sku", "size"
)
