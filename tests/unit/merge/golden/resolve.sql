-- Fill in what a form of `!ref` finds, for the rows for which it finds exactly one row.
UPDATE "pg_temp"."seeder_stage_5" AS seed
SET "c3" = found.found, "l10" = false
FROM (-- What each sought combination finds: one of the values taken, and how many rows there are.
SELECT "sought"."w9",  sought."l10", (pg_catalog.array_agg(parent."amount"))[1] AS found, pg_catalog.count(*) AS count
FROM (SELECT DISTINCT "each"."w9",  each."l10" FROM "pg_temp"."seeder_stage_5" AS each WHERE each."l10") AS sought
JOIN "shop"."prices" AS parent ON "parent"."name" OPERATOR("pg_catalog".=) "sought"."w9"
GROUP BY "sought"."w9",  sought."l10") AS found
WHERE seed."l10" AND "seed"."l10" = "found"."l10" AND "seed"."w9" OPERATOR("pg_catalog".=) "found"."w9" AND found.count = 1
