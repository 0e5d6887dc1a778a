-- Compare, keep the rows that ask for work, or that stay as somebody made them, and count what there is to do. `state` is
-- that of the tables in the snapshot of the comparison.
WITH compared AS (
    INSERT INTO "pg_temp"."seeder_difference_2"
        (n, shape, action, states, writes, version, relation, writer, listed, owned, entered, holder, as_left, key)
    SELECT
        compared.n, compared.shape, compared.action, compared.states,
        compared.action = 0 AND 1 = ANY (compared.states),
        compared.version, compared.relation, compared.writer,
        compared.listed, compared.owned, compared.entered, compared.holder, compared.as_left, compared.key
    FROM (-- Compare the rows of the seed file with the table and with the ledger, and say what becomes of each.
--
-- `seed` holds the rows of the seed file. A pair is a seed row and the live row with its key, or none. Of each pair:
-- `action`, what becomes of the row, and `states`, what becomes of its cells, as numbers that comparison.py names.
-- The arrays `desired` and `live` hold the text of each cell, in the order of the parameters `slots` and
-- `insert_only`; a slot is where the ledger has the digests of a cell.
WITH pairs AS (
    -- A row of the seed file, the live row with its key, and the ledger's entry of it, if there are any.
    SELECT
        seed.n,
        seed.shape,
        live.ctid AS version,
        live.tableoid AS relation,
        live.xmin AS writer,
        CASE WHEN live.ctid IS NULL OR cells.compared THEN CAST(CAST(ARRAY[(CAST("seed"."c0" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("seed"."c1" AS pg_catalog.text)) COLLATE pg_catalog."C"] AS pg_catalog.text[]) AS pg_catalog.text) COLLATE pg_catalog."C" END AS key,
        -- The texts of the cells are taken only where they are compared.
        CASE WHEN cells.compared THEN CAST(ARRAY[(CAST("seed"."c2" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("seed"."c3" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("seed"."c4" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("seed"."c5" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("seed"."c6" AS pg_catalog.text)) COLLATE pg_catalog."C", (CASE WHEN pg_catalog.num_nulls("seed"."c7") = 0 THEN pg_catalog.concat("seed"."c7") END) COLLATE pg_catalog."C", (CAST("seed"."c8" AS pg_catalog.text)) COLLATE pg_catalog."C"] AS pg_catalog.text[]) END AS desired,
        CASE WHEN cells.compared THEN CAST(ARRAY[(CAST("live"."stock" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."price" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."config" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."sold_at" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."enabled" AS pg_catalog.text)) COLLATE pg_catalog."C", (CASE WHEN pg_catalog.num_nulls("live"."mood") = 0 THEN pg_catalog.concat("live"."mood") END) COLLATE pg_catalog."C", (CAST("live"."tags" AS pg_catalog.text)) COLLATE pg_catalog."C"] AS pg_catalog.text[]) END AS live,
        CASE WHEN cells.compared THEN CAST(ARRAY[true, (seed.shape IN (0)), (seed.shape IN (0)), (seed.shape IN (0)), (seed.shape IN (0)), (seed.shape IN (0)), (seed.shape IN (0))] AS pg_catalog.bool[]) END AS named,
        live.ctid IS NOT NULL AND NOT cells.compared AS settled,
        CASE WHEN cells.compared AND entry.rest IS NOT NULL THEN CAST(ARRAY[(CAST("live"."stock" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."price" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."config" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."sold_at" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."enabled" AS pg_catalog.text)) COLLATE pg_catalog."C", (CASE WHEN pg_catalog.num_nulls("live"."mood") = 0 THEN pg_catalog.concat("live"."mood") END) COLLATE pg_catalog."C", (CAST("live"."tags" AS pg_catalog.text)) COLLATE pg_catalog."C"] AS pg_catalog.text[]) END AS slots,
        CASE WHEN cells.compared AND entry.rest IS NOT NULL THEN coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to(nullif(pg_catalog.array_to_string(CAST(ARRAY[pg_catalog.quote_literal(CASE WHEN 1 <= "entry"."seen" THEN '1:' || (CAST("live"."id" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 4 <= "entry"."seen" AND 1 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '4:' || (CAST("live"."stock" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 5 <= "entry"."seen" AND 2 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '5:' || (CAST("live"."price" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 6 <= "entry"."seen" AND 3 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '6:' || (CAST("live"."config" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 7 <= "entry"."seen" AND 4 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '7:' || (CAST("live"."sold_at" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 8 <= "entry"."seen" AND 5 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '8:' || (CAST("live"."enabled" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 9 <= "entry"."seen" AND 6 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '9:' || (CASE WHEN pg_catalog.num_nulls("live"."mood") = 0 THEN pg_catalog.concat("live"."mood") END) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 10 <= "entry"."seen" AND 7 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '10:' || (CAST("live"."tags" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 11 <= "entry"."seen" THEN '11:' || (CAST("live"."note" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 12 <= "entry"."seen" THEN '12:' || (CAST("live"."created_at" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 13 <= "entry"."seen" THEN '13:' || (CAST("live"."updated_at" AS pg_catalog.text)) COLLATE pg_catalog."C" END)] AS pg_catalog.text[]), ','), ''), 'UTF8')), 1, 8), CAST('\x00' AS pg_catalog.bytea)) END AS rest_now,
        CASE WHEN cells.compared THEN (1 <= "entry"."seen" OR pg_catalog.num_nulls("live"."id") = 1) AND (4 <= "entry"."seen" OR pg_catalog.num_nulls("live"."stock") = 1) AND (5 <= "entry"."seen" OR pg_catalog.num_nulls("live"."price") = 1) AND (6 <= "entry"."seen" OR pg_catalog.num_nulls("live"."config") = 1) AND (7 <= "entry"."seen" OR pg_catalog.num_nulls("live"."sold_at") = 1) AND (8 <= "entry"."seen" OR pg_catalog.num_nulls("live"."enabled") = 1 OR (CAST("live"."enabled" AS pg_catalog.text)) COLLATE pg_catalog."C" = 'true') AND (9 <= "entry"."seen" OR pg_catalog.num_nulls("live"."mood") = 1) AND (10 <= "entry"."seen" OR pg_catalog.num_nulls("live"."tags") = 1 OR (CAST("live"."tags" AS pg_catalog.text)) COLLATE pg_catalog."C" = '{}') AND (11 <= "entry"."seen" OR pg_catalog.num_nulls("live"."note") = 1) AND (12 <= "entry"."seen" OR pg_catalog.num_nulls("live"."created_at") = 1) AND (13 <= "entry"."seen" OR pg_catalog.num_nulls("live"."updated_at") = 1) END AS additions_untouched,
        entry.key IS NOT NULL OR NOT %(has_ledger)s AS entered,
        coalesce(entry.seeder_id = %(seeder_id)s, true) AS owned,
        entry.retired IS NULL AS listed,
        entry.seeder_id AS holder,
        entry.adopted,
        entry.retired,
        entry.seen,
        entry.cells,
        coalesce(entry.stored, entry.cells) AS stood,
        entry.rest,
        entry.kept,
        entry.kept_at
    FROM "pg_temp"."seeder_stage_1" AS seed
    LEFT JOIN "shop"."goods" AS live ON "live"."sku" OPERATOR("pg_catalog".=) "seed"."c0" AND "live"."size" OPERATOR("pg_catalog".=) "seed"."c1"
    LEFT JOIN "seeder"."seeder_rows" AS entry ON entry.table_id = %(table_id)s AND entry.key = CAST(CAST(ARRAY[(CAST("seed"."c0" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("seed"."c1" AS pg_catalog.text)) COLLATE pg_catalog."C"] AS pg_catalog.text[]) AS pg_catalog.text) COLLATE pg_catalog."C"
    CROSS JOIN LATERAL (
        SELECT live.ctid IS NOT NULL AND NOT -- Whether there is nothing to do for a seed row that has a live row: the two are the same, bit for bit, in the cells that
-- are compared, and the ledger knows each of these cells as the seed file desires it.
CASE
    WHEN NOT pg_catalog.record_image_eq(ROW("seed"."c2", CASE WHEN (seed.shape IN (0)) THEN "seed"."c3" ELSE "live"."price" END, CASE WHEN (seed.shape IN (0)) THEN "seed"."c4" ELSE "live"."config" END, CASE WHEN (seed.shape IN (0)) THEN "seed"."c5" ELSE "live"."sold_at" END, CASE WHEN (seed.shape IN (0)) THEN "seed"."c7" ELSE "live"."mood" END, CASE WHEN (seed.shape IN (0)) THEN "seed"."c8" ELSE "live"."tags" END), ROW("live"."stock", "live"."price", "live"."config", "live"."sold_at", "live"."mood", "live"."tags")) THEN false
    WHEN NOT %(has_ledger)s THEN true
    WHEN entry.key IS NULL THEN false
    ELSE entry.seeder_id = %(seeder_id)s AND entry.retired IS NULL AND entry.stored IS NULL AND entry.kept IS NULL AND CASE
        -- The entry was written together with the row version, after the row was read back, and `rest` tells that all of
        -- its cells were. So the row stands as the entry says, which is as the seed file says. Numbers of transactions
        -- mean nothing after a restore, nor do they tell of migrations that rename a column or alter its type. The
        -- registration that follows on either is newer than any entry from before. And a restore in one transaction
        -- makes the ledger as old as its entries.
        WHEN entry.xmin = live.xmin AND entry.rest IS NOT NULL AND %(trusted)s
            AND pg_catalog.age(entry.xmin) <= (SELECT pg_catalog.age(t.xmin) FROM "seeder"."seeder_tables" AS t WHERE t.id = %(table_id)s)
            AND pg_catalog.age(entry.xmin) < (SELECT pg_catalog.age(form.xmin) FROM "seeder"."seeder_form" AS form)
            THEN (pg_catalog.substr("entry"."cells", 1, 8) NOT IN (CAST('' AS pg_catalog.bytea), CAST('\x0000000000000000' AS pg_catalog.bytea))) AND CASE WHEN (seed.shape IN (0)) THEN (pg_catalog.substr("entry"."cells", 9, 8) NOT IN (CAST('' AS pg_catalog.bytea), CAST('\x0000000000000000' AS pg_catalog.bytea))) ELSE true END AND CASE WHEN (seed.shape IN (0)) THEN (pg_catalog.substr("entry"."cells", 17, 8) NOT IN (CAST('' AS pg_catalog.bytea), CAST('\x0000000000000000' AS pg_catalog.bytea))) ELSE true END AND CASE WHEN (seed.shape IN (0)) THEN (pg_catalog.substr("entry"."cells", 25, 8) NOT IN (CAST('' AS pg_catalog.bytea), CAST('\x0000000000000000' AS pg_catalog.bytea))) ELSE true END AND CASE WHEN (seed.shape IN (0)) THEN (pg_catalog.substr("entry"."cells", 41, 8) = coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to((CASE WHEN pg_catalog.num_nulls("seed"."c7") = 0 THEN pg_catalog.concat("seed"."c7") END) COLLATE pg_catalog."C", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea))) ELSE true END AND CASE WHEN (seed.shape IN (0)) THEN (pg_catalog.substr("entry"."cells", 49, 8) NOT IN (CAST('' AS pg_catalog.bytea), CAST('\x0000000000000000' AS pg_catalog.bytea))) ELSE true END
        ELSE (pg_catalog.substr("entry"."cells", 1, 8) = coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to((CAST("seed"."c2" AS pg_catalog.text)) COLLATE pg_catalog."C", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea))) AND CASE WHEN (seed.shape IN (0)) THEN (pg_catalog.substr("entry"."cells", 9, 8) = coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to((CAST("seed"."c3" AS pg_catalog.text)) COLLATE pg_catalog."C", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea))) ELSE true END AND CASE WHEN (seed.shape IN (0)) THEN (pg_catalog.substr("entry"."cells", 17, 8) = coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to((CAST("seed"."c4" AS pg_catalog.text)) COLLATE pg_catalog."C", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea))) ELSE true END AND CASE WHEN (seed.shape IN (0)) THEN (pg_catalog.substr("entry"."cells", 25, 8) = coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to((CAST("seed"."c5" AS pg_catalog.text)) COLLATE pg_catalog."C", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea))) ELSE true END AND CASE WHEN (seed.shape IN (0)) THEN (pg_catalog.substr("entry"."cells", 41, 8) = coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to((CASE WHEN pg_catalog.num_nulls("seed"."c7") = 0 THEN pg_catalog.concat("seed"."c7") END) COLLATE pg_catalog."C", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea))) ELSE true END AND CASE WHEN (seed.shape IN (0)) THEN (pg_catalog.substr("entry"."cells", 49, 8) = coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to((CAST("seed"."c8" AS pg_catalog.text)) COLLATE pg_catalog."C", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea))) ELSE true END
    END
END AS compared OFFSET 0
    ) AS cells
    WHERE "seed"."c1" IS NOT NULL
    UNION ALL
    -- A row of the seed file, the live row with its key, and the ledger's entry of it, if there are any.
    SELECT
        seed.n,
        seed.shape,
        live.ctid AS version,
        live.tableoid AS relation,
        live.xmin AS writer,
        CASE WHEN live.ctid IS NULL OR cells.compared THEN CAST(CAST(ARRAY[(CAST("seed"."c0" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("seed"."c1" AS pg_catalog.text)) COLLATE pg_catalog."C"] AS pg_catalog.text[]) AS pg_catalog.text) COLLATE pg_catalog."C" END AS key,
        -- The texts of the cells are taken only where they are compared.
        CASE WHEN cells.compared THEN CAST(ARRAY[(CAST("seed"."c2" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("seed"."c3" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("seed"."c4" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("seed"."c5" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("seed"."c6" AS pg_catalog.text)) COLLATE pg_catalog."C", (CASE WHEN pg_catalog.num_nulls("seed"."c7") = 0 THEN pg_catalog.concat("seed"."c7") END) COLLATE pg_catalog."C", (CAST("seed"."c8" AS pg_catalog.text)) COLLATE pg_catalog."C"] AS pg_catalog.text[]) END AS desired,
        CASE WHEN cells.compared THEN CAST(ARRAY[(CAST("live"."stock" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."price" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."config" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."sold_at" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."enabled" AS pg_catalog.text)) COLLATE pg_catalog."C", (CASE WHEN pg_catalog.num_nulls("live"."mood") = 0 THEN pg_catalog.concat("live"."mood") END) COLLATE pg_catalog."C", (CAST("live"."tags" AS pg_catalog.text)) COLLATE pg_catalog."C"] AS pg_catalog.text[]) END AS live,
        CASE WHEN cells.compared THEN CAST(ARRAY[true, (seed.shape IN (0)), (seed.shape IN (0)), (seed.shape IN (0)), (seed.shape IN (0)), (seed.shape IN (0)), (seed.shape IN (0))] AS pg_catalog.bool[]) END AS named,
        live.ctid IS NOT NULL AND NOT cells.compared AS settled,
        CASE WHEN cells.compared AND entry.rest IS NOT NULL THEN CAST(ARRAY[(CAST("live"."stock" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."price" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."config" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."sold_at" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."enabled" AS pg_catalog.text)) COLLATE pg_catalog."C", (CASE WHEN pg_catalog.num_nulls("live"."mood") = 0 THEN pg_catalog.concat("live"."mood") END) COLLATE pg_catalog."C", (CAST("live"."tags" AS pg_catalog.text)) COLLATE pg_catalog."C"] AS pg_catalog.text[]) END AS slots,
        CASE WHEN cells.compared AND entry.rest IS NOT NULL THEN coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to(nullif(pg_catalog.array_to_string(CAST(ARRAY[pg_catalog.quote_literal(CASE WHEN 1 <= "entry"."seen" THEN '1:' || (CAST("live"."id" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 4 <= "entry"."seen" AND 1 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '4:' || (CAST("live"."stock" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 5 <= "entry"."seen" AND 2 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '5:' || (CAST("live"."price" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 6 <= "entry"."seen" AND 3 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '6:' || (CAST("live"."config" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 7 <= "entry"."seen" AND 4 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '7:' || (CAST("live"."sold_at" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 8 <= "entry"."seen" AND 5 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '8:' || (CAST("live"."enabled" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 9 <= "entry"."seen" AND 6 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '9:' || (CASE WHEN pg_catalog.num_nulls("live"."mood") = 0 THEN pg_catalog.concat("live"."mood") END) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 10 <= "entry"."seen" AND 7 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '10:' || (CAST("live"."tags" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 11 <= "entry"."seen" THEN '11:' || (CAST("live"."note" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 12 <= "entry"."seen" THEN '12:' || (CAST("live"."created_at" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 13 <= "entry"."seen" THEN '13:' || (CAST("live"."updated_at" AS pg_catalog.text)) COLLATE pg_catalog."C" END)] AS pg_catalog.text[]), ','), ''), 'UTF8')), 1, 8), CAST('\x00' AS pg_catalog.bytea)) END AS rest_now,
        CASE WHEN cells.compared THEN (1 <= "entry"."seen" OR pg_catalog.num_nulls("live"."id") = 1) AND (4 <= "entry"."seen" OR pg_catalog.num_nulls("live"."stock") = 1) AND (5 <= "entry"."seen" OR pg_catalog.num_nulls("live"."price") = 1) AND (6 <= "entry"."seen" OR pg_catalog.num_nulls("live"."config") = 1) AND (7 <= "entry"."seen" OR pg_catalog.num_nulls("live"."sold_at") = 1) AND (8 <= "entry"."seen" OR pg_catalog.num_nulls("live"."enabled") = 1 OR (CAST("live"."enabled" AS pg_catalog.text)) COLLATE pg_catalog."C" = 'true') AND (9 <= "entry"."seen" OR pg_catalog.num_nulls("live"."mood") = 1) AND (10 <= "entry"."seen" OR pg_catalog.num_nulls("live"."tags") = 1 OR (CAST("live"."tags" AS pg_catalog.text)) COLLATE pg_catalog."C" = '{}') AND (11 <= "entry"."seen" OR pg_catalog.num_nulls("live"."note") = 1) AND (12 <= "entry"."seen" OR pg_catalog.num_nulls("live"."created_at") = 1) AND (13 <= "entry"."seen" OR pg_catalog.num_nulls("live"."updated_at") = 1) END AS additions_untouched,
        entry.key IS NOT NULL OR NOT %(has_ledger)s AS entered,
        coalesce(entry.seeder_id = %(seeder_id)s, true) AS owned,
        entry.retired IS NULL AS listed,
        entry.seeder_id AS holder,
        entry.adopted,
        entry.retired,
        entry.seen,
        entry.cells,
        coalesce(entry.stored, entry.cells) AS stood,
        entry.rest,
        entry.kept,
        entry.kept_at
    FROM "pg_temp"."seeder_stage_1" AS seed
    LEFT JOIN "shop"."goods" AS live ON "live"."sku" OPERATOR("pg_catalog".=) "seed"."c0" AND "live"."size" IS NULL
    LEFT JOIN "seeder"."seeder_rows" AS entry ON entry.table_id = %(table_id)s AND entry.key = CAST(CAST(ARRAY[(CAST("seed"."c0" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("seed"."c1" AS pg_catalog.text)) COLLATE pg_catalog."C"] AS pg_catalog.text[]) AS pg_catalog.text) COLLATE pg_catalog."C"
    CROSS JOIN LATERAL (
        SELECT live.ctid IS NOT NULL AND NOT -- Whether there is nothing to do for a seed row that has a live row: the two are the same, bit for bit, in the cells that
-- are compared, and the ledger knows each of these cells as the seed file desires it.
CASE
    WHEN NOT pg_catalog.record_image_eq(ROW("seed"."c2", CASE WHEN (seed.shape IN (0)) THEN "seed"."c3" ELSE "live"."price" END, CASE WHEN (seed.shape IN (0)) THEN "seed"."c4" ELSE "live"."config" END, CASE WHEN (seed.shape IN (0)) THEN "seed"."c5" ELSE "live"."sold_at" END, CASE WHEN (seed.shape IN (0)) THEN "seed"."c7" ELSE "live"."mood" END, CASE WHEN (seed.shape IN (0)) THEN "seed"."c8" ELSE "live"."tags" END), ROW("live"."stock", "live"."price", "live"."config", "live"."sold_at", "live"."mood", "live"."tags")) THEN false
    WHEN NOT %(has_ledger)s THEN true
    WHEN entry.key IS NULL THEN false
    ELSE entry.seeder_id = %(seeder_id)s AND entry.retired IS NULL AND entry.stored IS NULL AND entry.kept IS NULL AND CASE
        -- The entry was written together with the row version, after the row was read back, and `rest` tells that all of
        -- its cells were. So the row stands as the entry says, which is as the seed file says. Numbers of transactions
        -- mean nothing after a restore, nor do they tell of migrations that rename a column or alter its type. The
        -- registration that follows on either is newer than any entry from before. And a restore in one transaction
        -- makes the ledger as old as its entries.
        WHEN entry.xmin = live.xmin AND entry.rest IS NOT NULL AND %(trusted)s
            AND pg_catalog.age(entry.xmin) <= (SELECT pg_catalog.age(t.xmin) FROM "seeder"."seeder_tables" AS t WHERE t.id = %(table_id)s)
            AND pg_catalog.age(entry.xmin) < (SELECT pg_catalog.age(form.xmin) FROM "seeder"."seeder_form" AS form)
            THEN (pg_catalog.substr("entry"."cells", 1, 8) NOT IN (CAST('' AS pg_catalog.bytea), CAST('\x0000000000000000' AS pg_catalog.bytea))) AND CASE WHEN (seed.shape IN (0)) THEN (pg_catalog.substr("entry"."cells", 9, 8) NOT IN (CAST('' AS pg_catalog.bytea), CAST('\x0000000000000000' AS pg_catalog.bytea))) ELSE true END AND CASE WHEN (seed.shape IN (0)) THEN (pg_catalog.substr("entry"."cells", 17, 8) NOT IN (CAST('' AS pg_catalog.bytea), CAST('\x0000000000000000' AS pg_catalog.bytea))) ELSE true END AND CASE WHEN (seed.shape IN (0)) THEN (pg_catalog.substr("entry"."cells", 25, 8) NOT IN (CAST('' AS pg_catalog.bytea), CAST('\x0000000000000000' AS pg_catalog.bytea))) ELSE true END AND CASE WHEN (seed.shape IN (0)) THEN (pg_catalog.substr("entry"."cells", 41, 8) = coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to((CASE WHEN pg_catalog.num_nulls("seed"."c7") = 0 THEN pg_catalog.concat("seed"."c7") END) COLLATE pg_catalog."C", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea))) ELSE true END AND CASE WHEN (seed.shape IN (0)) THEN (pg_catalog.substr("entry"."cells", 49, 8) NOT IN (CAST('' AS pg_catalog.bytea), CAST('\x0000000000000000' AS pg_catalog.bytea))) ELSE true END
        ELSE (pg_catalog.substr("entry"."cells", 1, 8) = coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to((CAST("seed"."c2" AS pg_catalog.text)) COLLATE pg_catalog."C", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea))) AND CASE WHEN (seed.shape IN (0)) THEN (pg_catalog.substr("entry"."cells", 9, 8) = coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to((CAST("seed"."c3" AS pg_catalog.text)) COLLATE pg_catalog."C", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea))) ELSE true END AND CASE WHEN (seed.shape IN (0)) THEN (pg_catalog.substr("entry"."cells", 17, 8) = coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to((CAST("seed"."c4" AS pg_catalog.text)) COLLATE pg_catalog."C", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea))) ELSE true END AND CASE WHEN (seed.shape IN (0)) THEN (pg_catalog.substr("entry"."cells", 25, 8) = coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to((CAST("seed"."c5" AS pg_catalog.text)) COLLATE pg_catalog."C", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea))) ELSE true END AND CASE WHEN (seed.shape IN (0)) THEN (pg_catalog.substr("entry"."cells", 41, 8) = coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to((CASE WHEN pg_catalog.num_nulls("seed"."c7") = 0 THEN pg_catalog.concat("seed"."c7") END) COLLATE pg_catalog."C", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea))) ELSE true END AND CASE WHEN (seed.shape IN (0)) THEN (pg_catalog.substr("entry"."cells", 49, 8) = coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to((CAST("seed"."c8" AS pg_catalog.text)) COLLATE pg_catalog."C", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea))) ELSE true END
    END
END AS compared OFFSET 0
    ) AS cells
    WHERE "seed"."c1" IS NULL
), judged AS (
    SELECT
        pairs.*,
        CASE WHEN pairs.settled THEN false ELSE -- Whether nobody has touched any column of the live row since our last write: of the pair's cells each stands as the
-- ledger has it, all other columns together do, and columns added since hold NULL or what the migration filled in.
-- Entries that were made before the ledger knew of other columns have an empty `rest`.
coalesce(
    pairs.version IS NOT NULL AND CASE pg_catalog.octet_length(pairs.rest)
        WHEN 0 THEN %(complete)s AND pg_catalog.octet_length(pairs.stood) / 8 >= pg_catalog.cardinality(pairs.slots)
        ELSE pairs.rest = pairs.rest_now AND pairs.additions_untouched
    END AND NOT EXISTS (
        SELECT FROM pg_catalog.unnest(pairs.slots) WITH ORDINALITY AS slot (live, place)
        WHERE slot.place <= pg_catalog.octet_length(pairs.stood) / 8
            AND slot.place <> ALL (CAST(%(gone)s AS pg_catalog.int8[]))
            AND pg_catalog.substr(pairs.stood, CAST(slot.place AS pg_catalog.int4) * 8 - 7, 8) <> coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to("slot"."live", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea))
    ), false) END AS as_left,
        CASE
            WHEN NOT pairs.owned AND pairs.listed AND pairs.holder <> ALL (CAST(%(former)s AS pg_catalog.int4[])) THEN
                CASE WHEN EXISTS (
                    SELECT FROM "seeder"."seeder_seeders" AS s
                    JOIN "seeder"."seeder_applications" AS a ON a.id = s.application_id
                    WHERE s.id = pairs.holder AND a.name = %(application)s
                        AND s.name = ANY (CAST(%(pending)s AS pg_catalog.text[])))
                THEN 6 ELSE 5 END
            WHEN pairs.version IS NULL AND pairs.holder IS NOT NULL AND %(keep_deleted)s THEN 2
            WHEN pairs.version IS NULL THEN 1
            WHEN %(insert_only_rows)s THEN 3
            WHEN NOT pairs.entered AND %(refuse_existing)s THEN 4
            ELSE 0
        END AS action
    FROM pairs
    OFFSET 0
)
SELECT
    judged.n, judged.shape, judged.action,
    CASE WHEN judged.action = 0 AND NOT judged.settled THEN (-- What becomes of the cells of a row that is there, one number a cell.
SELECT coalesce(pg_catalog.array_agg(CAST(cell.state AS pg_catalog.int2) ORDER BY cell.place), '{}') AS states
FROM (
    SELECT c.place, CASE
        WHEN NOT c.named THEN 0
        -- `seeder resolve` does what it was told with the conflicts that were chosen, and leaves all else alone.
        WHEN CAST(%(take)s AS pg_catalog.int2) IS NOT NULL THEN
            CASE WHEN c.chosen AND -- Whether a cell that was kept is in conflict still: the seed file names it and says otherwise, and nobody has taken the
-- edit back.
(NOT c.insert_only AND c.live IS DISTINCT FROM c.desired
    AND (-c.slot = ANY ("judged"."kept") OR (c.slot = ANY ("judged"."kept") AND d.stood IS DISTINCT FROM coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to("c"."live", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea)))))
                THEN CAST(%(take)s AS pg_catalog.int2) ELSE 0 END
        -- Written on insert alone; a row that returns gets back what `retired_rows: {set: ...}` took.
        WHEN c.insert_only THEN
            CASE WHEN judged.retired = 'set' AND d.desired = d.stood AND coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to("c"."live", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea)) = d.stood
                AND c.live IS DISTINCT FROM c.desired THEN 1 ELSE 0 END
        -- The ledger does not know the cell. It is nobody's if the row, or the column since it was added, is as it
        -- was left; else this is the first contact with it.
        WHEN d.desired IS NULL OR d.desired = CAST('\x0000000000000000' AS pg_catalog.bytea) THEN
            CASE
                WHEN c.live IS NOT DISTINCT FROM c.desired THEN CASE WHEN %(has_ledger)s THEN 2 ELSE 0 END
                WHEN judged.entered AND NOT judged.adopted AND (-c.slot = ANY (judged.kept)) IS NOT TRUE
                    AND (judged.as_left OR (c.column_place > judged.seen
                        AND (c.live IS NULL OR c.live = c.missing))) THEN 1
                WHEN %(existing_rows)s = 5 AND (-c.slot = ANY (judged.kept) OR NOT %(has_ledger)s) THEN 7
                ELSE %(existing_rows)s
            END
        WHEN c.live IS NOT DISTINCT FROM c.desired THEN
            CASE WHEN d.desired = coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to("c"."desired", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea)) AND d.stood = d.desired AND d.code IS NULL
                THEN 0 ELSE 2 END
        -- Another column came under the name of one that was renamed, and nobody has filled it yet.
        WHEN c.renewed AND NOT judged.adopted AND (c.live IS NULL OR c.live = c.missing) THEN 1
        -- Taken back by whoever edited it: it gets what the seed file says by now.
        WHEN d.stood = coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to("c"."live", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea)) THEN
            CASE WHEN d.desired = coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to("c"."desired", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea)) AND d.code IS NULL THEN 0 ELSE 1 END
        WHEN d.desired = coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to("c"."desired", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea)) THEN CASE WHEN d.code IS NULL THEN 3 ELSE 8 END
        ELSE %(edited_rows)s
    END AS state
    FROM ROWS FROM (
        pg_catalog.unnest(judged.desired), pg_catalog.unnest(judged.live), pg_catalog.unnest(judged.named),
        pg_catalog.unnest(CAST(%(slots)s AS pg_catalog.int2[])),
        pg_catalog.unnest(CAST(%(insert_only)s AS pg_catalog.bool[])),
        pg_catalog.unnest(CAST(%(column_places)s AS pg_catalog.int2[])),
        pg_catalog.unnest(CAST(%(missing)s AS pg_catalog.text[])),
        pg_catalog.unnest(CAST(%(renewed)s AS pg_catalog.bool[])),
        pg_catalog.unnest(CAST(%(chosen)s AS pg_catalog.bool[]))
    ) WITH ORDINALITY AS c (desired, live, named, slot, insert_only, column_place, missing, renewed, chosen, place)
    CROSS JOIN LATERAL (
        SELECT
            nullif(pg_catalog.substr(judged.cells, c.slot * 8 - 7, 8), '') AS desired,
            nullif(pg_catalog.substr(judged.stood, c.slot * 8 - 7, 8), '') AS stood,
            pg_catalog.array_position(judged.kept, c.slot) AS code
    ) AS d
) AS cell) ELSE '{}' END AS states,
    judged.version, judged.relation, judged.writer,
    judged.listed, judged.owned, judged.entered, judged.holder, judged.as_left, judged.key
FROM judged) AS compared
    WHERE -- Whether a compared row asks for a write, for a note in the ledger, or for an error.
("compared".action IN (1, 4, 5)
    OR ("compared".action = 0 AND ("compared".states && CAST('{1,2,4,5,6}' AS pg_catalog.int2[])
        -- Nothing of it is compared, and the ledger is to know it all the same.
        OR NOT "compared".entered))
    OR ("compared".action <> 6 AND NOT ("compared".listed AND "compared".owned))) OR -- Whether a compared row, or a cell of it, stays as somebody made it.
("compared".action = 2 OR ("compared".action = 0 AND "compared".states && CAST('{3,4,5,7,8}' AS pg_catalog.int2[]))) OR compared.action = 6
    RETURNING action, states, writes, listed, owned, entered
)
SELECT
    pg_catalog.count(*) FILTER (WHERE compared.action = 1) AS inserts,
    pg_catalog.count(*) FILTER (WHERE compared.action = 1 AND compared.entered) AS returning,
    pg_catalog.count(*) FILTER (WHERE compared.writes) AS updates,
    pg_catalog.count(*) FILTER (WHERE -- Whether a compared row asks for a write, for a note in the ledger, or for an error.
("compared".action IN (1, 4, 5)
    OR ("compared".action = 0 AND ("compared".states && CAST('{1,2,4,5,6}' AS pg_catalog.int2[])
        -- Nothing of it is compared, and the ledger is to know it all the same.
        OR NOT "compared".entered))
    OR ("compared".action <> 6 AND NOT ("compared".listed AND "compared".owned)))) AS work,
    pg_catalog.count(*) FILTER (WHERE -- Whether a compared row, or a cell of it, stays as somebody made it.
("compared".action = 2 OR ("compared".action = 0 AND "compared".states && CAST('{3,4,5,7,8}' AS pg_catalog.int2[])))) AS kept,
    pg_catalog.count(*) FILTER (WHERE -- Whether a cell of a compared row stays as it was before us, by `existing_rows: keep`.
("compared".action = 0 AND "compared".states && CAST('{5,7}' AS pg_catalog.int2[]))) AS kept_existing,
    pg_catalog.count(*) FILTER (WHERE compared.writes OR -- Whether a compared row, or a cell of it, stays as somebody made it.
("compared".action = 2 OR ("compared".action = 0 AND "compared".states && CAST('{3,4,5,7,8}' AS pg_catalog.int2[])))) AS touched,
    pg_catalog.count(*) FILTER (WHERE -- Whether a cell of a compared row was edited in the database and changed in the seed file, and stays.
("compared".action = 0 AND "compared".states && CAST('{4,8}' AS pg_catalog.int2[]))) AS conflicts,
    pg_catalog.count(*) FILTER (WHERE compared.action = 0 AND NOT compared.entered) AS adopted,
    pg_catalog.count(*) FILTER (WHERE compared.action = 0 AND 5 = ANY (compared.states)) AS adopts_cells,
    pg_catalog.count(*) FILTER (WHERE compared.action = 6) AS pending,
    pg_catalog.count(*) FILTER (
        WHERE compared.action IN (4, 5) OR (compared.action = 0 AND 6 = ANY (compared.states))) AS problems,
    pg_catalog.count(*) FILTER (
        WHERE compared.action IN (0, 1) AND NOT (compared.entered AND compared.owned)) AS entering,
    CAST(NULL AS pg_catalog.text) AS state
FROM compared
