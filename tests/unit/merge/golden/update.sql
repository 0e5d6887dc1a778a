-- Write the cells that are to be written, into the row versions that were compared: what somebody has changed since is
-- left as it is. It runs under the role's own search path, for its triggers.
WITH written AS (
    UPDATE "shop"."goods" AS live
    SET "stock" = CASE WHEN difference.states[1] OPERATOR(pg_catalog.=) 1 THEN "seed"."c2" ELSE "live"."stock" END, "enabled" = CASE WHEN difference.states[5] OPERATOR(pg_catalog.=) 1 THEN "seed"."c6" ELSE "live"."enabled" END, "updated_at" = pg_catalog.clock_timestamp()
    FROM "pg_temp"."seeder_difference_2" AS difference
    JOIN "pg_temp"."seeder_stage_1" AS seed ON seed.n OPERATOR(pg_catalog.=) difference.n
    WHERE difference.writes
        AND live.ctid OPERATOR(pg_catalog.=) difference.version
        AND live.tableoid OPERATOR(pg_catalog.=) difference.relation
        AND live.xmin OPERATOR(pg_catalog.=) difference.writer
    RETURNING coalesce("live"."sku" OPERATOR("pg_catalog".=) "seed"."c0" AND ARRAY["live"."size"] OPERATOR(pg_catalog.=) ARRAY["seed"."c1"], false) AS same_key
)
SELECT pg_catalog.count(*) AS updated, pg_catalog.count(*) FILTER (WHERE NOT written.same_key) AS altered FROM written
