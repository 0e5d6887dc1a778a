-- Move the entries of a seeder from a former key of the table to the one that its seed file names now. The digest of a
-- whole row is taken anew, for it leaves out the key; a row that somebody has touched has none.
WITH pairs AS (
    SELECT
        entry.key AS former_key,
        CAST(CAST(ARRAY[(CAST("live"."sku" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."size" AS pg_catalog.text)) COLLATE pg_catalog."C"] AS pg_catalog.text[]) AS pg_catalog.text) COLLATE pg_catalog."C" AS key,
        true AS in_part,
        entry.adopted,
        entry.retired,
        entry.seen,
        entry.cells,
        entry.stored,
        coalesce(entry.stored, entry.cells) AS stood,
        entry.rest,
        entry.kept,
        entry.kept_at,
        live.ctid AS version,
        coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to(nullif(pg_catalog.array_to_string(CAST(ARRAY[pg_catalog.quote_literal(CASE WHEN 2 <= "entry"."seen" THEN '2:' || (CAST("live"."sku" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 3 <= "entry"."seen" THEN '3:' || (CAST("live"."size" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 4 <= "entry"."seen" AND 1 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '4:' || (CAST("live"."stock" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 5 <= "entry"."seen" AND 2 > (pg_catalog.octet_length("entry"."cells") / 8) THEN '5:' || (CAST("live"."price" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 6 <= "entry"."seen" THEN '6:' || (CAST("live"."config" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 7 <= "entry"."seen" THEN '7:' || (CAST("live"."sold_at" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 8 <= "entry"."seen" THEN '8:' || (CAST("live"."enabled" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 9 <= "entry"."seen" THEN '9:' || (CASE WHEN pg_catalog.num_nulls("live"."mood") = 0 THEN pg_catalog.concat("live"."mood") END) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 10 <= "entry"."seen" THEN '10:' || (CAST("live"."tags" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 11 <= "entry"."seen" THEN '11:' || (CAST("live"."note" AS pg_catalog.text)) COLLATE pg_catalog."C" END), pg_catalog.quote_literal(CASE WHEN 12 <= "entry"."seen" THEN '12:' || (CAST("live"."created_at" AS pg_catalog.text)) COLLATE pg_catalog."C" END)] AS pg_catalog.text[]), ','), ''), 'UTF8')), 1, 8), CAST('\x00' AS pg_catalog.bytea)) AS rest_now,
        (2 <= "entry"."seen" OR pg_catalog.num_nulls("live"."sku") = 1) AND (3 <= "entry"."seen" OR pg_catalog.num_nulls("live"."size") = 1) AND (4 <= "entry"."seen" OR pg_catalog.num_nulls("live"."stock") = 1) AND (5 <= "entry"."seen" OR pg_catalog.num_nulls("live"."price") = 1) AND (6 <= "entry"."seen" OR pg_catalog.num_nulls("live"."config") = 1) AND (7 <= "entry"."seen" OR pg_catalog.num_nulls("live"."sold_at") = 1) AND (8 <= "entry"."seen" OR pg_catalog.num_nulls("live"."enabled") = 1 OR (CAST("live"."enabled" AS pg_catalog.text)) COLLATE pg_catalog."C" = 'true') AND (9 <= "entry"."seen" OR pg_catalog.num_nulls("live"."mood") = 1) AND (10 <= "entry"."seen" OR pg_catalog.num_nulls("live"."tags") = 1 OR (CAST("live"."tags" AS pg_catalog.text)) COLLATE pg_catalog."C" = '{}') AND (11 <= "entry"."seen" OR pg_catalog.num_nulls("live"."note") = 1) AND (12 <= "entry"."seen" OR pg_catalog.num_nulls("live"."created_at") = 1) AND (pg_catalog.num_nulls("live"."updated_at") = 1) AS additions_untouched,
        CAST(ARRAY[(CAST("live"."stock" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."price" AS pg_catalog.text)) COLLATE pg_catalog."C"] AS pg_catalog.text[]) AS slots,
        coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to(nullif(pg_catalog.array_to_string(CAST(ARRAY[pg_catalog.quote_literal('1:' || (CAST("live"."id" AS pg_catalog.text)) COLLATE pg_catalog."C"), pg_catalog.quote_literal('11:' || (CAST("live"."note" AS pg_catalog.text)) COLLATE pg_catalog."C"), pg_catalog.quote_literal('12:' || (CAST("live"."created_at" AS pg_catalog.text)) COLLATE pg_catalog."C"), pg_catalog.quote_literal('13:' || (CAST("live"."updated_at" AS pg_catalog.text)) COLLATE pg_catalog."C")] AS pg_catalog.text[]), ','), ''), 'UTF8')), 1, 8), CAST('\x00' AS pg_catalog.bytea)) AS rest_after
    FROM "seeder"."seeder_rows" AS entry
    JOIN "shop"."goods" AS live ON "live"."id" OPERATOR("pg_catalog".=) CASE WHEN pg_catalog.pg_input_is_valid((CAST("entry"."key" AS pg_catalog.text[]))[1], '"pg_catalog"."int4"') THEN CAST((CAST("entry"."key" AS pg_catalog.text[]))[1] AS "pg_catalog"."int4") END
    WHERE entry.table_id = %(former_id)s AND entry.seeder_id = %(seeder_id)s
), judged AS (
    SELECT pairs.*, -- Whether nobody has touched any column of the live row since our last write: of the pair's cells each stands as the
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
    ), false) AS as_left FROM pairs
), dropped AS (
    DELETE FROM "seeder"."seeder_rows" AS entry
    WHERE entry.table_id = %(former_id)s AND entry.seeder_id = %(seeder_id)s
)
INSERT INTO "seeder"."seeder_rows" AS entry (table_id, key, seeder_id, adopted, retired, seen, cells, stored, rest, kept, kept_at)
SELECT DISTINCT ON (judged.key)
    CAST(%(table_id)s AS pg_catalog.int4),
    judged.key,
    CAST(%(seeder_id)s AS pg_catalog.int4),
    judged.adopted,
    judged.retired,
    CAST(%(seen)s AS pg_catalog.int2),
    coalesce(nullif(pg_catalog.substr("judged"."cells", 1, 8), ''), CAST('\x0000000000000000' AS pg_catalog.bytea)) || coalesce(nullif(pg_catalog.substr("judged"."cells", 9, 8), ''), CAST('\x0000000000000000' AS pg_catalog.bytea)) || CAST('\x0000000000000000' AS pg_catalog.bytea) || CAST('\x0000000000000000' AS pg_catalog.bytea) || CAST('\x0000000000000000' AS pg_catalog.bytea) || CAST('\x0000000000000000' AS pg_catalog.bytea) || CAST('\x0000000000000000' AS pg_catalog.bytea),
    CASE WHEN judged.stored IS NOT NULL THEN coalesce(nullif(pg_catalog.substr("judged"."stored", 1, 8), ''), CAST('\x0000000000000000' AS pg_catalog.bytea)) || coalesce(nullif(pg_catalog.substr("judged"."stored", 9, 8), ''), CAST('\x0000000000000000' AS pg_catalog.bytea)) || CAST('\x0000000000000000' AS pg_catalog.bytea) || CAST('\x0000000000000000' AS pg_catalog.bytea) || CAST('\x0000000000000000' AS pg_catalog.bytea) || CAST('\x0000000000000000' AS pg_catalog.bytea) || CAST('\x0000000000000000' AS pg_catalog.bytea) END,
    CASE WHEN judged.as_left THEN judged.rest_after END,
    kept.slots,
    kept.since
FROM judged
CROSS JOIN LATERAL (
    SELECT
        pg_catalog.array_agg(CASE WHEN k.slot < 0 THEN -m.slot ELSE m.slot END ORDER BY m.slot) AS slots,
        pg_catalog.array_agg(k.since ORDER BY m.slot) AS since
    FROM ROWS FROM (pg_catalog.unnest(judged.kept), pg_catalog.unnest(judged.kept_at)) AS k (slot, since)
    -- The slot that the column has under the key of today.
    CROSS JOIN LATERAL (SELECT (CAST(%(moved)s AS pg_catalog.int2[]))[pg_catalog.abs(k.slot)] AS slot) AS m
    WHERE m.slot IS NOT NULL
) AS kept
ORDER BY judged.key, judged.in_part DESC, judged.former_key
ON CONFLICT (table_id, key) DO NOTHING
