-- Write into the ledger what became of rows that were there: what the seed file desired of each cell, and how it stands
-- now, read back after all triggers have fired.
WITH found AS (
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
    UNION ALL
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
    LEFT JOIN "shop"."goods" AS live ON "live"."sku" OPERATOR("pg_catalog".=) "seed"."c0" AND "live"."size" IS NULL
    LEFT JOIN "seeder"."seeder_rows" AS before ON before.table_id = %(table_id)s AND before.key = difference.key
    WHERE "seed"."c1" IS NULL AND CASE
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
), noted AS (
    SELECT
        found.key, found.writes, found.adopted, found.whole,
        CASE WHEN found.whole THEN "found"."rest_now" END AS rest,
        CASE WHEN found.whole THEN CAST(%(seen)s AS pg_catalog.int2) ELSE found.seen END AS seen,
        cells.cells, cells.stored, cells.kept, cells.kept_at
    FROM found
    CROSS JOIN LATERAL (
        SELECT
            pg_catalog.string_agg(slot.desired, CAST('' AS pg_catalog.bytea) ORDER BY slot.place) AS cells,
            pg_catalog.string_agg(slot.stood, CAST('' AS pg_catalog.bytea) ORDER BY slot.place) AS stored,
            pg_catalog.array_agg(slot.code ORDER BY slot.place) FILTER (WHERE slot.code IS NOT NULL) AS kept,
            pg_catalog.array_agg(coalesce(
                (found.kept_at)[pg_catalog.array_position(found.kept, slot.code)], pg_catalog.transaction_timestamp()
            ) ORDER BY slot.place) FILTER (WHERE slot.code IS NOT NULL) AS kept_at
        FROM (
            SELECT
                c.place,
                CASE
                    WHEN c.named AND c.state IN (1, 2, 4) THEN coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to("c"."wanted", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea))
                    WHEN c.named AND c.state = 5 THEN CAST('\x0000000000000000' AS pg_catalog.bytea)
                    ELSE coalesce(b.desired, CAST('\x0000000000000000' AS pg_catalog.bytea))
                END AS desired,
                CASE
                    WHEN found.whole OR (found.ours AND c.named AND c.state = 1) THEN coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to("c"."live", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea))
                    WHEN c.named AND c.state IN (1, 2) THEN coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to("c"."wanted", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea))
                    WHEN c.named AND c.state = 5 THEN CAST('\x0000000000000000' AS pg_catalog.bytea)
                    ELSE coalesce(b.stood, CAST('\x0000000000000000' AS pg_catalog.bytea))
                END AS stood,
                CASE
                    WHEN c.named AND c.state IN (1, 2) THEN NULL
                    WHEN c.named AND c.state = 4 THEN CAST(c.place AS pg_catalog.int2)
                    WHEN c.named AND c.state = 5 THEN CAST(-c.place AS pg_catalog.int2)
                    WHEN c.place = ANY (found.kept) THEN CAST(c.place AS pg_catalog.int2)
                    WHEN -c.place = ANY (found.kept) THEN CAST(-c.place AS pg_catalog.int2)
                END AS code
            FROM ROWS FROM (
                pg_catalog.unnest(found.slots), pg_catalog.unnest(found.desired), pg_catalog.unnest(found.named),
                pg_catalog.unnest(found.states)
            ) WITH ORDINALITY AS c (live, wanted, named, state, place)
            CROSS JOIN LATERAL (
                SELECT
                    nullif(pg_catalog.substr(found.cells, CAST(c.place AS pg_catalog.int4) * 8 - 7, 8), '') AS desired,
                    nullif(pg_catalog.substr(found.stood, CAST(c.place AS pg_catalog.int4) * 8 - 7, 8), '') AS stood
            ) AS b
        ) AS slot
    ) AS cells
), entered AS (
    INSERT INTO "seeder"."seeder_rows" AS entry
        (table_id, key, seeder_id, adopted, retired, seen, cells, stored, rest, kept, kept_at)
    SELECT %(table_id)s, key, %(seeder_id)s, adopted, NULL, seen, coalesce(cells, ''), nullif(stored, cells),
        rest, kept, kept_at
    FROM noted
    -- Of a row that returns there is an entry already.
ON CONFLICT (table_id, key) DO UPDATE SET
    seeder_id = excluded.seeder_id, adopted = excluded.adopted, retired = excluded.retired, seen = excluded.seen,
    cells = excluded.cells, stored = excluded.stored, rest = excluded.rest,
    kept = excluded.kept, kept_at = excluded.kept_at
    RETURNING 1
)
SELECT
    pg_catalog.count(*) FILTER (WHERE noted.writes) AS updated,
    (SELECT pg_catalog.count(*) FROM entered) AS entered
FROM noted
