-- Enter the rows that were inserted in the ledger: what the seed file desired of each cell and, if a trigger or a type
-- made anything else of one, how all stand now. In the order of the keys, so that the index of the ledger stays dense.
WITH found AS MATERIALIZED (
    -- A row that was inserted, and the live row with its key, read back: how it stands now that all triggers have fired.
    SELECT
        difference.key,
        -- Whether we have written the live row version since the rows were compared. The difference was made in our
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
END) AS ours,
        coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to((CAST("seed"."c2" AS pg_catalog.text)) COLLATE pg_catalog."C", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea)) || CASE WHEN (seed.shape IN (0)) THEN coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to((CAST("seed"."c3" AS pg_catalog.text)) COLLATE pg_catalog."C", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea)) ELSE CAST('\x0000000000000000' AS pg_catalog.bytea) END || CASE WHEN (seed.shape IN (0)) THEN coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to((CAST("seed"."c4" AS pg_catalog.text)) COLLATE pg_catalog."C", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea)) ELSE CAST('\x0000000000000000' AS pg_catalog.bytea) END || CASE WHEN (seed.shape IN (0)) THEN coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to((CAST("seed"."c5" AS pg_catalog.text)) COLLATE pg_catalog."C", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea)) ELSE CAST('\x0000000000000000' AS pg_catalog.bytea) END || CASE WHEN (seed.shape IN (0)) THEN CASE WHEN "seed"."c6" THEN CAST('\xb5bea41b6c623f7c' AS pg_catalog.bytea) WHEN NOT "seed"."c6" THEN CAST('\xfcbcf165908dd18a' AS pg_catalog.bytea) ELSE CAST('\x0000000000000001' AS pg_catalog.bytea) END ELSE CAST('\x0000000000000000' AS pg_catalog.bytea) END || CASE WHEN (seed.shape IN (0)) THEN coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to((CASE WHEN pg_catalog.num_nulls("seed"."c7") = 0 THEN pg_catalog.concat("seed"."c7") END) COLLATE pg_catalog."C", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea)) ELSE CAST('\x0000000000000000' AS pg_catalog.bytea) END || CASE WHEN (seed.shape IN (0)) THEN coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to((CAST("seed"."c8" AS pg_catalog.text)) COLLATE pg_catalog."C", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea)) ELSE CAST('\x0000000000000000' AS pg_catalog.bytea) END AS cells,
        CASE WHEN NOT stands.as_desired THEN CAST(ARRAY[(CAST("live"."stock" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."price" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."config" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."sold_at" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."enabled" AS pg_catalog.text)) COLLATE pg_catalog."C", (CASE WHEN pg_catalog.num_nulls("live"."mood") = 0 THEN pg_catalog.concat("live"."mood") END) COLLATE pg_catalog."C", (CAST("live"."tags" AS pg_catalog.text)) COLLATE pg_catalog."C"] AS pg_catalog.text[]) END AS slots,
        coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to(nullif(pg_catalog.array_to_string(CAST(ARRAY[pg_catalog.quote_literal('1:' || (CAST("live"."id" AS pg_catalog.text)) COLLATE pg_catalog."C"), pg_catalog.quote_literal('11:' || (CAST("live"."note" AS pg_catalog.text)) COLLATE pg_catalog."C"), pg_catalog.quote_literal('12:' || (CAST("live"."created_at" AS pg_catalog.text)) COLLATE pg_catalog."C"), pg_catalog.quote_literal('13:' || (CAST("live"."updated_at" AS pg_catalog.text)) COLLATE pg_catalog."C")] AS pg_catalog.text[]), ','), ''), 'UTF8')), 1, 8), CAST('\x00' AS pg_catalog.bytea)) AS rest
    FROM "pg_temp"."seeder_difference_2" AS difference
    JOIN "pg_temp"."seeder_stage_1" AS seed ON seed.n = difference.n
    JOIN "shop"."goods" AS live ON "live"."sku" OPERATOR("pg_catalog".=) "seed"."c0" AND "live"."size" OPERATOR("pg_catalog".=) "seed"."c1"
    CROSS JOIN LATERAL (
        SELECT true AND (seed.shape IN (0)) AND (seed.shape IN (0)) AND (seed.shape IN (0)) AND (seed.shape IN (0)) AND (seed.shape IN (0)) AND (seed.shape IN (0)) AND (pg_catalog.record_image_eq(ROW("seed"."c2", "seed"."c3", "seed"."c4", "seed"."c5", "seed"."c6", "seed"."c7", "seed"."c8"), ROW("live"."stock", "live"."price", "live"."config", "live"."sold_at", "live"."enabled", "live"."mood", "live"."tags")) OR CAST(ARRAY[(CAST("seed"."c2" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("seed"."c3" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("seed"."c4" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("seed"."c5" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("seed"."c6" AS pg_catalog.text)) COLLATE pg_catalog."C", (CASE WHEN pg_catalog.num_nulls("seed"."c7") = 0 THEN pg_catalog.concat("seed"."c7") END) COLLATE pg_catalog."C", (CAST("seed"."c8" AS pg_catalog.text)) COLLATE pg_catalog."C"] AS pg_catalog.text[]) IS NOT DISTINCT FROM CAST(ARRAY[(CAST("live"."stock" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."price" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."config" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."sold_at" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."enabled" AS pg_catalog.text)) COLLATE pg_catalog."C", (CASE WHEN pg_catalog.num_nulls("live"."mood") = 0 THEN pg_catalog.concat("live"."mood") END) COLLATE pg_catalog."C", (CAST("live"."tags" AS pg_catalog.text)) COLLATE pg_catalog."C"] AS pg_catalog.text[])) AS as_desired OFFSET 0
    ) AS stands
    WHERE "seed"."c1" IS NOT NULL AND difference.action = 1
    UNION ALL
    -- A row that was inserted, and the live row with its key, read back: how it stands now that all triggers have fired.
    SELECT
        difference.key,
        -- Whether we have written the live row version since the rows were compared. The difference was made in our
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
END) AS ours,
        coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to((CAST("seed"."c2" AS pg_catalog.text)) COLLATE pg_catalog."C", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea)) || CASE WHEN (seed.shape IN (0)) THEN coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to((CAST("seed"."c3" AS pg_catalog.text)) COLLATE pg_catalog."C", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea)) ELSE CAST('\x0000000000000000' AS pg_catalog.bytea) END || CASE WHEN (seed.shape IN (0)) THEN coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to((CAST("seed"."c4" AS pg_catalog.text)) COLLATE pg_catalog."C", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea)) ELSE CAST('\x0000000000000000' AS pg_catalog.bytea) END || CASE WHEN (seed.shape IN (0)) THEN coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to((CAST("seed"."c5" AS pg_catalog.text)) COLLATE pg_catalog."C", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea)) ELSE CAST('\x0000000000000000' AS pg_catalog.bytea) END || CASE WHEN (seed.shape IN (0)) THEN CASE WHEN "seed"."c6" THEN CAST('\xb5bea41b6c623f7c' AS pg_catalog.bytea) WHEN NOT "seed"."c6" THEN CAST('\xfcbcf165908dd18a' AS pg_catalog.bytea) ELSE CAST('\x0000000000000001' AS pg_catalog.bytea) END ELSE CAST('\x0000000000000000' AS pg_catalog.bytea) END || CASE WHEN (seed.shape IN (0)) THEN coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to((CASE WHEN pg_catalog.num_nulls("seed"."c7") = 0 THEN pg_catalog.concat("seed"."c7") END) COLLATE pg_catalog."C", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea)) ELSE CAST('\x0000000000000000' AS pg_catalog.bytea) END || CASE WHEN (seed.shape IN (0)) THEN coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to((CAST("seed"."c8" AS pg_catalog.text)) COLLATE pg_catalog."C", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea)) ELSE CAST('\x0000000000000000' AS pg_catalog.bytea) END AS cells,
        CASE WHEN NOT stands.as_desired THEN CAST(ARRAY[(CAST("live"."stock" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."price" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."config" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."sold_at" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."enabled" AS pg_catalog.text)) COLLATE pg_catalog."C", (CASE WHEN pg_catalog.num_nulls("live"."mood") = 0 THEN pg_catalog.concat("live"."mood") END) COLLATE pg_catalog."C", (CAST("live"."tags" AS pg_catalog.text)) COLLATE pg_catalog."C"] AS pg_catalog.text[]) END AS slots,
        coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to(nullif(pg_catalog.array_to_string(CAST(ARRAY[pg_catalog.quote_literal('1:' || (CAST("live"."id" AS pg_catalog.text)) COLLATE pg_catalog."C"), pg_catalog.quote_literal('11:' || (CAST("live"."note" AS pg_catalog.text)) COLLATE pg_catalog."C"), pg_catalog.quote_literal('12:' || (CAST("live"."created_at" AS pg_catalog.text)) COLLATE pg_catalog."C"), pg_catalog.quote_literal('13:' || (CAST("live"."updated_at" AS pg_catalog.text)) COLLATE pg_catalog."C")] AS pg_catalog.text[]), ','), ''), 'UTF8')), 1, 8), CAST('\x00' AS pg_catalog.bytea)) AS rest
    FROM "pg_temp"."seeder_difference_2" AS difference
    JOIN "pg_temp"."seeder_stage_1" AS seed ON seed.n = difference.n
    JOIN "shop"."goods" AS live ON "live"."sku" OPERATOR("pg_catalog".=) "seed"."c0" AND "live"."size" IS NULL
    CROSS JOIN LATERAL (
        SELECT true AND (seed.shape IN (0)) AND (seed.shape IN (0)) AND (seed.shape IN (0)) AND (seed.shape IN (0)) AND (seed.shape IN (0)) AND (seed.shape IN (0)) AND (pg_catalog.record_image_eq(ROW("seed"."c2", "seed"."c3", "seed"."c4", "seed"."c5", "seed"."c6", "seed"."c7", "seed"."c8"), ROW("live"."stock", "live"."price", "live"."config", "live"."sold_at", "live"."enabled", "live"."mood", "live"."tags")) OR CAST(ARRAY[(CAST("seed"."c2" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("seed"."c3" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("seed"."c4" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("seed"."c5" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("seed"."c6" AS pg_catalog.text)) COLLATE pg_catalog."C", (CASE WHEN pg_catalog.num_nulls("seed"."c7") = 0 THEN pg_catalog.concat("seed"."c7") END) COLLATE pg_catalog."C", (CAST("seed"."c8" AS pg_catalog.text)) COLLATE pg_catalog."C"] AS pg_catalog.text[]) IS NOT DISTINCT FROM CAST(ARRAY[(CAST("live"."stock" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."price" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."config" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."sold_at" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."enabled" AS pg_catalog.text)) COLLATE pg_catalog."C", (CASE WHEN pg_catalog.num_nulls("live"."mood") = 0 THEN pg_catalog.concat("live"."mood") END) COLLATE pg_catalog."C", (CAST("live"."tags" AS pg_catalog.text)) COLLATE pg_catalog."C"] AS pg_catalog.text[])) AS as_desired OFFSET 0
    ) AS stands
    WHERE "seed"."c1" IS NULL AND difference.action = 1
), entered AS (
    INSERT INTO "seeder"."seeder_rows" AS entry
        (table_id, key, seeder_id, adopted, retired, seen, cells, stored, rest, kept, kept_at)
    SELECT
        %(table_id)s, found.key, %(seeder_id)s, false, NULL, %(seen)s, found.cells,
        CASE WHEN found.slots IS NOT NULL THEN nullif((
            SELECT pg_catalog.string_agg(coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to("slot"."live", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea)), CAST('' AS pg_catalog.bytea) ORDER BY slot.place)
            FROM pg_catalog.unnest(found.slots) WITH ORDINALITY AS slot (live, place)
        ), found.cells) END,
        found.rest, NULL, NULL
    FROM found
    -- Asked here, so that the planner does not take it for a way to join.
    WHERE found.ours
    ORDER BY found.key
    -- Of a row that returns there is an entry already.
ON CONFLICT (table_id, key) DO UPDATE SET
    seeder_id = excluded.seeder_id, adopted = excluded.adopted, retired = excluded.retired, seen = excluded.seen,
    cells = excluded.cells, stored = excluded.stored, rest = excluded.rest,
    kept = excluded.kept, kept_at = excluded.kept_at
    RETURNING 1
)
SELECT pg_catalog.count(*) FROM entered
