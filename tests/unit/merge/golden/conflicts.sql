-- The cells that were kept and are in conflict still, of rows of the seed file: whether somebody edited the cell, or it
-- was there before us, and since when it was kept.
WITH seed AS MATERIALIZED (SELECT CAST(raw.ordinality AS pg_catalog.int4) AS n, (CAST(ARRAY[0, 1] AS pg_catalog.int4[]))[raw.ordinality] AS shape, "raw"."c0", "raw"."c1", "raw"."c2", "raw"."c3", "raw"."c4", "raw"."c5", "raw"."c6", "raw"."c7", "raw"."c8", true AS resolved FROM ROWS FROM (pg_catalog.json_to_recordset(CAST(%(rows)s AS pg_catalog.json)) AS ("c0" "pg_catalog"."text", "c1" "pg_catalog"."numeric"(10,2), "c2" "pg_catalog"."int4", "c3" "pg_catalog"."numeric"(10,2), "c4" "pg_catalog"."jsonb", "c5" "pg_catalog"."timestamptz", "c6" "pg_catalog"."bool", "c7" "shop"."mood", "c8" "pg_catalog"."int4"[])) WITH ORDINALITY AS raw), pairs AS (
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
        CASE WHEN cells.compared AND entry.rest IS NOT NULL THEN coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to(nullif(pg_catalog.array_to_string(CAST(ARRAY[pg_catalog.quote_literal(CASE WHEN 1 <= "entry"."seen" THEN '1:' || (CAST("live"."id" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 4 <= "entry"."seen" AND 1 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '4:' || (CAST("live"."stock" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 5 <= "entry"."seen" AND 2 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '5:' || (CAST("live"."price" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 6 <= "entry"."seen" AND 3 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '6:' || (CAST("live"."config" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 7 <= "entry"."seen" AND 4 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '7:' || (CAST("live"."sold_at" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 8 <= "entry"."seen" AND 5 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '8:' || (CAST("live"."enabled" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 9 <= "entry"."seen" AND 6 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '9:' || (CASE WHEN pg_catalog.num_nulls("live"."mood") = 0 THEN pg_catalog.concat("live"."mood") END) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 10 <= "entry"."seen" AND 7 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '10:' || (CAST("live"."tags" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 11 <= "entry"."seen" THEN '11:' || (CAST("live"."note" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 12 <= "entry"."seen" THEN '12:' || (CAST("live"."created_at" AS pg_catalog.text)) COLLATE pg_catalog."C" END)] AS pg_catalog.text[]), ','), ''), 'UTF8')), 1, 8), CAST('\x00' AS pg_catalog.bytea)) END AS rest_now,
        CASE WHEN cells.compared THEN (1 <= "entry"."seen" OR pg_catalog.num_nulls("live"."id") = 1) AND (4 <= "entry"."seen" OR pg_catalog.num_nulls("live"."stock") = 1) AND (5 <= "entry"."seen" OR pg_catalog.num_nulls("live"."price") = 1) AND (6 <= "entry"."seen" OR pg_catalog.num_nulls("live"."config") = 1) AND (7 <= "entry"."seen" OR pg_catalog.num_nulls("live"."sold_at") = 1) AND (8 <= "entry"."seen" OR pg_catalog.num_nulls("live"."enabled") = 1 OR (CAST("live"."enabled" AS pg_catalog.text)) COLLATE pg_catalog."C" = 'true') AND (9 <= "entry"."seen" OR pg_catalog.num_nulls("live"."mood") = 1) AND (10 <= "entry"."seen" OR pg_catalog.num_nulls("live"."tags") = 1 OR (CAST("live"."tags" AS pg_catalog.text)) COLLATE pg_catalog."C" = '{}') AND (11 <= "entry"."seen" OR pg_catalog.num_nulls("live"."note") = 1) AND (12 <= "entry"."seen" OR pg_catalog.num_nulls("live"."created_at") = 1) AND (pg_catalog.num_nulls("live"."updated_at") = 1) END AS additions_untouched,
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
    FROM seed AS seed
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
    WHERE "seed"."c1" IS NOT NULL AND live.ctid IS NOT NULL AND entry.kept IS NOT NULL AND entry.retired IS NULL AND entry.seeder_id = %(seeder_id)s AND NOT %(insert_only_rows)s AND true
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
        CASE WHEN cells.compared AND entry.rest IS NOT NULL THEN coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to(nullif(pg_catalog.array_to_string(CAST(ARRAY[pg_catalog.quote_literal(CASE WHEN 1 <= "entry"."seen" THEN '1:' || (CAST("live"."id" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 4 <= "entry"."seen" AND 1 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '4:' || (CAST("live"."stock" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 5 <= "entry"."seen" AND 2 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '5:' || (CAST("live"."price" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 6 <= "entry"."seen" AND 3 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '6:' || (CAST("live"."config" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 7 <= "entry"."seen" AND 4 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '7:' || (CAST("live"."sold_at" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 8 <= "entry"."seen" AND 5 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '8:' || (CAST("live"."enabled" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 9 <= "entry"."seen" AND 6 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '9:' || (CASE WHEN pg_catalog.num_nulls("live"."mood") = 0 THEN pg_catalog.concat("live"."mood") END) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 10 <= "entry"."seen" AND 7 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '10:' || (CAST("live"."tags" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 11 <= "entry"."seen" THEN '11:' || (CAST("live"."note" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 12 <= "entry"."seen" THEN '12:' || (CAST("live"."created_at" AS pg_catalog.text)) COLLATE pg_catalog."C" END)] AS pg_catalog.text[]), ','), ''), 'UTF8')), 1, 8), CAST('\x00' AS pg_catalog.bytea)) END AS rest_now,
        CASE WHEN cells.compared THEN (1 <= "entry"."seen" OR pg_catalog.num_nulls("live"."id") = 1) AND (4 <= "entry"."seen" OR pg_catalog.num_nulls("live"."stock") = 1) AND (5 <= "entry"."seen" OR pg_catalog.num_nulls("live"."price") = 1) AND (6 <= "entry"."seen" OR pg_catalog.num_nulls("live"."config") = 1) AND (7 <= "entry"."seen" OR pg_catalog.num_nulls("live"."sold_at") = 1) AND (8 <= "entry"."seen" OR pg_catalog.num_nulls("live"."enabled") = 1 OR (CAST("live"."enabled" AS pg_catalog.text)) COLLATE pg_catalog."C" = 'true') AND (9 <= "entry"."seen" OR pg_catalog.num_nulls("live"."mood") = 1) AND (10 <= "entry"."seen" OR pg_catalog.num_nulls("live"."tags") = 1 OR (CAST("live"."tags" AS pg_catalog.text)) COLLATE pg_catalog."C" = '{}') AND (11 <= "entry"."seen" OR pg_catalog.num_nulls("live"."note") = 1) AND (12 <= "entry"."seen" OR pg_catalog.num_nulls("live"."created_at") = 1) AND (pg_catalog.num_nulls("live"."updated_at") = 1) END AS additions_untouched,
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
    FROM seed AS seed
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
    WHERE "seed"."c1" IS NULL AND live.ctid IS NOT NULL AND entry.kept IS NOT NULL AND entry.retired IS NULL AND entry.seeder_id = %(seeder_id)s AND NOT %(insert_only_rows)s AND true
)
SELECT
    CAST(pairs.key AS pg_catalog.text[]) AS key,
    c.place,
    c.live,
    c.desired,
    coalesce(c.slot = ANY (pairs.kept), false) AS edited,
    pairs.kept_at[coalesce(
        pg_catalog.array_position(pairs.kept, c.slot), pg_catalog.array_position(pairs.kept, -c.slot))] AS since
FROM pairs
CROSS JOIN LATERAL ROWS FROM (
    pg_catalog.unnest(pairs.desired), pg_catalog.unnest(pairs.live), pg_catalog.unnest(pairs.named),
    pg_catalog.unnest(CAST(%(slots)s AS pg_catalog.int2[])),
    pg_catalog.unnest(CAST(%(insert_only)s AS pg_catalog.bool[]))
) WITH ORDINALITY AS c (desired, live, named, slot, insert_only, place)
CROSS JOIN LATERAL (
    SELECT nullif(pg_catalog.substr(pairs.stood, c.slot * 8 - 7, 8), '') AS stood
) AS d
WHERE c.named AND -- Whether a cell that was kept is in conflict still: the seed file names it and says otherwise, and nobody has taken the
-- edit back.
(NOT c.insert_only AND c.live IS DISTINCT FROM c.desired
    AND (-c.slot = ANY ("pairs"."kept") OR (c.slot = ANY ("pairs"."kept") AND d.stood IS DISTINCT FROM coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to("c"."live", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea)))))
ORDER BY pairs.n, c.place
