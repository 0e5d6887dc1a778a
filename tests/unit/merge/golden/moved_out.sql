-- The first row that we have just written and that is not in its part of the table: a trigger has moved it out. The next
-- run would not find it there, and insert it once more.
SELECT difference.n
FROM "pg_temp"."seeder_difference_16" AS difference
JOIN "pg_temp"."seeder_stage_15" AS seed ON seed.n = difference.n
JOIN "shop"."goods" AS live ON "live"."sku" OPERATOR("pg_catalog".=) "seed"."c0" AND ARRAY["live"."size"] OPERATOR(pg_catalog.=) ARRAY["seed"."c1"]
WHERE (difference.action = 1 OR difference.writes) AND ((CASE WHEN pg_catalog.num_nulls("live"."mood") = 0 THEN pg_catalog.concat("live"."mood") END) COLLATE pg_catalog."C" = 'fair' AND "live"."note" IS NULL) IS NOT TRUE AND -- Whether we have written the live row version since the rows were compared. The difference was made in our
-- (sub)transaction; a trigger with an EXCEPTION block has one of its own, begun later, and like ours in progress. No
-- other transaction in progress can be seen.
(live.xmin = difference.xmin OR CASE
    WHEN pg_catalog.mod(CAST(CAST(live.xmin AS pg_catalog.text) AS pg_catalog.int8)
        - CAST(CAST(difference.xmin AS pg_catalog.text) AS pg_catalog.int8) + 4294967296, 4294967296) < 1000000
    THEN pg_catalog.pg_xact_status(CAST(CAST(
        -- Numbers of 32 bits in the epoch of the transaction that is under way.
        (SELECT CAST(CAST(pg_catalog.pg_current_xact_id() AS pg_catalog.text) AS pg_catalog.int8))
        + pg_catalog.mod(CAST(CAST(difference.xmin AS pg_catalog.text) AS pg_catalog.int8)
            - pg_catalog.mod((SELECT CAST(CAST(pg_catalog.pg_current_xact_id() AS pg_catalog.text) AS pg_catalog.int8)), 4294967296) + 4294967296, 4294967296)
        + pg_catalog.mod(CAST(CAST(live.xmin AS pg_catalog.text) AS pg_catalog.int8)
            - CAST(CAST(difference.xmin AS pg_catalog.text) AS pg_catalog.int8) + 4294967296, 4294967296)
        AS pg_catalog.text) AS pg_catalog.xid8)) = 'in progress'
    ELSE false
END)
    AND NOT EXISTS (SELECT FROM "shop"."goods" AS live WHERE "live"."sku" OPERATOR("pg_catalog".=) "seed"."c0" AND ARRAY["live"."size"] OPERATOR(pg_catalog.=) ARRAY["seed"."c1"] AND ARRAY["live"."mood"] OPERATOR(pg_catalog.=) ARRAY["seed"."c2"] AND ARRAY["live"."note"] OPERATOR(pg_catalog.=) ARRAY["seed"."c3"])
ORDER BY difference.n
LIMIT 1
