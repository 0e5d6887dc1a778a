-- The rows that this seeder wrote and whose seed file no longer lists them, and what keeps each from being deleted or
-- set: `reason`, NULL if nothing does. `version`, `relation` and `writer` name the row version that was looked at.
WITH pairs AS (
    SELECT
        entry.key,
        entry.adopted,
        entry.retired,
        live.ctid AS version,
        live.tableoid AS relation,
        live.xmin AS writer,
        coalesce(entry.stored, entry.cells) AS stood,
        entry.rest,
        entry.seen,
        coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to(nullif(pg_catalog.array_to_string(CAST(ARRAY[pg_catalog.quote_literal(CASE WHEN 1 <= "entry"."seen" THEN '1:' || (CAST("live"."id" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 4 <= "entry"."seen" AND 1 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '4:' || (CAST("live"."stock" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 5 <= "entry"."seen" AND 2 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '5:' || (CAST("live"."price" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 6 <= "entry"."seen" AND 3 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '6:' || (CAST("live"."config" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 7 <= "entry"."seen" AND 4 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '7:' || (CAST("live"."sold_at" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 8 <= "entry"."seen" AND 5 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '8:' || (CAST("live"."enabled" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 9 <= "entry"."seen" AND 6 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '9:' || (CASE WHEN pg_catalog.num_nulls("live"."mood") = 0 THEN pg_catalog.concat("live"."mood") END) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 10 <= "entry"."seen" AND 7 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '10:' || (CAST("live"."tags" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 11 <= "entry"."seen" THEN '11:' || (CAST("live"."note" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 12 <= "entry"."seen" THEN '12:' || (CAST("live"."created_at" AS pg_catalog.text)) COLLATE pg_catalog."C" END)] AS pg_catalog.text[]), ','), ''), 'UTF8')), 1, 8), CAST('\x00' AS pg_catalog.bytea)) AS rest_now,
        (1 <= "entry"."seen" OR pg_catalog.num_nulls("live"."id") = 1) AND (4 <= "entry"."seen" OR pg_catalog.num_nulls("live"."stock") = 1) AND (5 <= "entry"."seen" OR pg_catalog.num_nulls("live"."price") = 1) AND (6 <= "entry"."seen" OR pg_catalog.num_nulls("live"."config") = 1) AND (7 <= "entry"."seen" OR pg_catalog.num_nulls("live"."sold_at") = 1) AND (8 <= "entry"."seen" OR pg_catalog.num_nulls("live"."enabled") = 1 OR (CAST("live"."enabled" AS pg_catalog.text)) COLLATE pg_catalog."C" = 'true') AND (9 <= "entry"."seen" OR pg_catalog.num_nulls("live"."mood") = 1) AND (10 <= "entry"."seen" OR pg_catalog.num_nulls("live"."tags") = 1 OR (CAST("live"."tags" AS pg_catalog.text)) COLLATE pg_catalog."C" = '{}') AND (11 <= "entry"."seen" OR pg_catalog.num_nulls("live"."note") = 1) AND (12 <= "entry"."seen" OR pg_catalog.num_nulls("live"."created_at") = 1) AND (pg_catalog.num_nulls("live"."updated_at") = 1) AS additions_untouched,
        CAST(ARRAY[(CAST("live"."stock" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."price" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."config" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."sold_at" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."enabled" AS pg_catalog.text)) COLLATE pg_catalog."C", (CASE WHEN pg_catalog.num_nulls("live"."mood") = 0 THEN pg_catalog.concat("live"."mood") END) COLLATE pg_catalog."C", (CAST("live"."tags" AS pg_catalog.text)) COLLATE pg_catalog."C"] AS pg_catalog.text[]) AS slots,
        CAST(ARRAY[] AS pg_catalog.text[]) AS set_live,
        CASE WHEN EXISTS (SELECT FROM "shop"."orders" AS "child_0" WHERE "live"."sku" OPERATOR("pg_catalog".=) ("child_0"."goods_sku" COLLATE "pg_catalog"."default") AND "live"."size" OPERATOR("pg_catalog".=) "child_0"."goods_size") THEN 'referenced' WHEN true THEN 'table shop.secrets may refer to it, and the role cannot read that' END AS referenced
    FROM "seeder"."seeder_rows" AS entry
    JOIN "shop"."goods" AS live ON "live"."sku" OPERATOR("pg_catalog".=) (CAST((CAST("entry"."key" AS pg_catalog.text[]))[1] AS "pg_catalog"."text") COLLATE "pg_catalog"."default") AND ("live"."size" OPERATOR("pg_catalog".=) CASE WHEN pg_catalog.pg_input_is_valid((CAST("entry"."key" AS pg_catalog.text[]))[2], '"pg_catalog"."numeric"(10,2)') THEN CAST((CAST("entry"."key" AS pg_catalog.text[]))[2] AS "pg_catalog"."numeric"(10,2)) END OR ("live"."size" IS NULL AND (CAST("entry"."key" AS pg_catalog.text[]))[2] IS NULL))
    WHERE entry.table_id = %(table_id)s AND entry.seeder_id = %(seeder_id)s AND entry.retired IS NOT NULL
        -- The live row may be listed all the same, under another spelling of its key.
        AND NOT EXISTS (
            SELECT FROM "seeder"."seeder_rows" AS other
            WHERE other.table_id = entry.table_id AND other.key = CAST(CAST(ARRAY[(CAST("live"."sku" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."size" AS pg_catalog.text)) COLLATE pg_catalog."C"] AS pg_catalog.text[]) AS pg_catalog.text) COLLATE pg_catalog."C" AND other.key <> entry.key
                AND other.retired IS NULL)
), judged AS (
    SELECT
        pairs.*,
        pg_catalog.count(*) OVER (PARTITION BY pairs.key) AS twins,
        -- Whether nobody has touched any column of the live row since our last write: of the pair's cells each stands as the
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
    ), false) AS as_left
    FROM pairs
)
SELECT
    judged.key,
    CAST(judged.key AS pg_catalog.text[]) AS key_cells,
    judged.retired,
    judged.twins,
    CASE
        WHEN judged.adopted THEN 'adopted'
        WHEN judged.referenced IS NOT NULL AND %(delete)s THEN judged.referenced
        -- Another value of the primary key: somebody put this row in the place of ours.
        WHEN EXISTS (
            SELECT FROM pg_catalog.unnest(judged.slots) WITH ORDINALITY AS slot (live, place)
            CROSS JOIN LATERAL (SELECT pg_catalog.substr(judged.stood,
                CAST(slot.place AS pg_catalog.int4) * 8 - 7, 8) AS stood) AS was
            WHERE slot.place = ANY (CAST(%(identity)s AS pg_catalog.int8[]))
                AND was.stood NOT IN (CAST('' AS pg_catalog.bytea), CAST('\x0000000000000000' AS pg_catalog.bytea)) AND was.stood <> coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to("slot"."live", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea))
        ) THEN 'replaced'
        WHEN NOT %(delete)s OR judged.as_left THEN NULL
        WHEN judged.rest_now IS NULL OR (pg_catalog.octet_length(judged.rest) = 0 AND NOT %(complete)s) THEN 'unknown'
        ELSE 'touched'
    END AS reason,
    CAST(judged.version AS pg_catalog.text) AS version,
    CAST(judged.relation AS pg_catalog.int8) AS relation,
    CAST(judged.writer AS pg_catalog.text) AS writer,
    judged.as_left,
    -- Of each cell that `set` writes, whether it is as we left it.
    ARRAY(
        SELECT CASE
            WHEN judged.as_left THEN true
            ELSE coalesce(pg_catalog.substr(judged.stood, c.slot * 8 - 7, 8) = coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to("c"."live", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea)), false)
        END
        FROM ROWS FROM (
            pg_catalog.unnest(judged.set_live), pg_catalog.unnest(CAST(%(set_slots)s AS pg_catalog.int2[]))
        ) WITH ORDINALITY AS c (live, slot, place)
        ORDER BY c.place
    ) AS free
FROM judged
ORDER BY judged.key
