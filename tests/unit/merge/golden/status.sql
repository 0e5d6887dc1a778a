-- Count what a seeder holds of a table: its rows, those of which somebody edited a cell, those with cells that were kept
-- as they were before us, those in which the file changed too what somebody edited, those that somebody deleted, and
-- those that its seed file no longer lists.
SELECT
    pg_catalog.count(*) AS rows,
    pg_catalog.count(*) FILTER (WHERE found.edited) AS edited,
    pg_catalog.count(*) FILTER (WHERE found.kept_existing AND entry.retired IS NULL) AS kept_existing,
    pg_catalog.count(*) FILTER (WHERE found.in_conflict AND entry.retired IS NULL) AS conflicts,
    pg_catalog.count(*) FILTER (WHERE live.ctid IS NULL) AS deleted,
    pg_catalog.count(*) FILTER (WHERE live.ctid IS NOT NULL AND entry.retired IS NOT NULL) AS retired
FROM "seeder"."seeder_rows" AS entry
LEFT JOIN "shop"."goods" AS live ON "live"."sku" OPERATOR("pg_catalog".=) (CAST((CAST("entry"."key" AS pg_catalog.text[]))[1] AS "pg_catalog"."text") COLLATE "pg_catalog"."default") AND ("live"."size" OPERATOR("pg_catalog".=) CASE WHEN pg_catalog.pg_input_is_valid((CAST("entry"."key" AS pg_catalog.text[]))[2], '"pg_catalog"."numeric"(10,2)') THEN CAST((CAST("entry"."key" AS pg_catalog.text[]))[2] AS "pg_catalog"."numeric"(10,2)) END OR ("live"."size" IS NULL AND (CAST("entry"."key" AS pg_catalog.text[]))[2] IS NULL))
LEFT JOIN LATERAL (
    SELECT
        pg_catalog.bool_or(slot.place = ANY (entry.kept) OR -slot.place = ANY (entry.kept)
            OR (was.stood NOT IN (CAST('' AS pg_catalog.bytea), CAST('\x0000000000000000' AS pg_catalog.bytea)) AND was.stood <> coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to("slot"."live", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea)))) AS edited,
        pg_catalog.bool_or(-slot.place = ANY (entry.kept)) AS kept_existing,
        -- Neither taken back nor brought into line with the seed file.
        pg_catalog.bool_or(slot.place = ANY (entry.kept)
            AND coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to("slot"."live", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea)) NOT IN (was.stood, was.desired)) AS in_conflict
    FROM pg_catalog.unnest(CAST(ARRAY[(CAST("live"."stock" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."price" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."config" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."sold_at" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."enabled" AS pg_catalog.text)) COLLATE pg_catalog."C", (CASE WHEN pg_catalog.num_nulls("live"."mood") = 0 THEN pg_catalog.concat("live"."mood") END) COLLATE pg_catalog."C", (CAST("live"."tags" AS pg_catalog.text)) COLLATE pg_catalog."C"] AS pg_catalog.text[])) WITH ORDINALITY AS slot (live, place)
    CROSS JOIN LATERAL (
        SELECT
            pg_catalog.substr(entry.cells, CAST(slot.place AS pg_catalog.int4) * 8 - 7, 8) AS desired,
            pg_catalog.substr(coalesce(entry.stored, entry.cells),
                CAST(slot.place AS pg_catalog.int4) * 8 - 7, 8) AS stood
    ) AS was
    WHERE slot.place <> ALL (CAST(%(gone)s AS pg_catalog.int8[]))
) AS found ON live.ctid IS NOT NULL
WHERE entry.table_id = %(table_id)s AND entry.seeder_id = %(seeder_id)s
