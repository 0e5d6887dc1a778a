    -- A row that was compared, the live row with its key as it stands now, and the entry that it had before.
    SELECT
        difference.key,
        difference.writes,
        coalesce(before.adopted, true) AS adopted,
        coalesce(difference.as_left AND (-- Whether we have written the live row version since the rows were compared. The difference was made in our
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
            OR (live.ctid = difference.version AND live.xmin = difference.writer)), false) AS whole,
        coalesce(-- Whether we have written the live row version since the rows were compared. The difference was made in our
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
END), false) AS ours,
        CAST(ARRAY[(CAST("seed"."c2" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("seed"."c3" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("seed"."c4" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("seed"."c5" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("seed"."c6" AS pg_catalog.text)) COLLATE pg_catalog."C", (CASE WHEN pg_catalog.num_nulls("seed"."c7") = 0 THEN pg_catalog.concat("seed"."c7") END) COLLATE pg_catalog."C", (CAST("seed"."c8" AS pg_catalog.text)) COLLATE pg_catalog."C"] AS pg_catalog.text[]) AS desired,
        CAST(ARRAY[true, (seed.shape IN (0)), (seed.shape IN (0)), (seed.shape IN (0)), (seed.shape IN (0)), (seed.shape IN (0)), (seed.shape IN (0))] AS pg_catalog.bool[]) AS named,
        CAST(ARRAY[difference.states[1], difference.states[2], difference.states[3], difference.states[4], difference.states[5], difference.states[6], difference.states[7]] AS pg_catalog.int2[]) AS states,
        CAST(ARRAY[(CAST("live"."stock" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."price" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."config" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."sold_at" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."enabled" AS pg_catalog.text)) COLLATE pg_catalog."C", (CASE WHEN pg_catalog.num_nulls("live"."mood") = 0 THEN pg_catalog.concat("live"."mood") END) COLLATE pg_catalog."C", (CAST("live"."tags" AS pg_catalog.text)) COLLATE pg_catalog."C"] AS pg_catalog.text[]) AS slots,
        coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to(nullif(pg_catalog.array_to_string(CAST(ARRAY[pg_catalog.quote_literal('1:' || (CAST("live"."id" AS pg_catalog.text)) COLLATE pg_catalog."C"), pg_catalog.quote_literal('11:' || (CAST("live"."note" AS pg_catalog.text)) COLLATE pg_catalog."C"), pg_catalog.quote_literal('12:' || (CAST("live"."created_at" AS pg_catalog.text)) COLLATE pg_catalog."C"), pg_catalog.quote_literal('13:' || (CAST("live"."updated_at" AS pg_catalog.text)) COLLATE pg_catalog."C")] AS pg_catalog.text[]), ','), ''), 'UTF8')), 1, 8), CAST('\x00' AS pg_catalog.bytea)) AS rest_now,
        coalesce(before.seen, CAST(%(seen)s AS pg_catalog.int2)) AS seen,
        before.cells,
        coalesce(before.stored, before.cells) AS stood,
        before.kept,
        before.kept_at
    FROM "pg_temp"."seeder_difference_2" AS difference
    JOIN "pg_temp"."seeder_stage_1" AS seed ON seed.n = difference.n
    LEFT JOIN "shop"."goods" AS live ON "live"."sku" OPERATOR("pg_catalog".=) "seed"."c0" AND "live"."size" OPERATOR("pg_catalog".=) "seed"."c1"
    LEFT JOIN "seeder"."seeder_rows" AS before ON before.table_id = %(table_id)s AND before.key = difference.key
    WHERE "seed"."c1" IS NOT NULL AND CASE
        WHEN difference.writes THEN -- Whether we have written the live row version since the rows were compared. The difference was made in our
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
        ELSE difference.action IN (0, 2, 3)
    END AND -- Whether a compared row asks for a write, for a note in the ledger, or for an error.
("difference".action IN (1, 4, 5)
    OR ("difference".action = 0 AND ("difference".states && CAST('{1,2,4,5,6}' AS pg_catalog.int2[])
        -- Nothing of it is compared, and the ledger is to know it all the same.
        OR NOT "difference".entered))
    OR ("difference".action <> 6 AND NOT ("difference".listed AND "difference".owned)))
