-- What each sought combination finds: one of the values taken, and how many rows there are.
SELECT "sought"."w9",  sought."l10", (pg_catalog.array_agg(parent."amount"))[1] AS found, pg_catalog.count(*) AS count
FROM (SELECT DISTINCT "each"."w9",  each."l10" FROM raw_seed AS each WHERE each."l10") AS sought
JOIN "shop"."prices" AS parent ON "parent"."name" OPERATOR("pg_catalog".=) "sought"."w9"
GROUP BY "sought"."w9",  sought."l10"
