-- Note in the ledger that `retired_rows: set` was applied, and how the cells that it wrote stand now.
UPDATE "seeder"."seeder_rows" AS entry
SET retired = 'set',
    cells = noted.cells,
    stored = nullif(noted.stored, noted.cells),
    rest = CASE WHEN %(as_left)s THEN "noted"."rest_now" END,
    seen = CASE WHEN %(as_left)s THEN CAST(%(seen)s AS pg_catalog.int2) ELSE entry.seen END
FROM (
    SELECT before.key, coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to(nullif(pg_catalog.array_to_string(CAST(ARRAY[pg_catalog.quote_literal('1:' || (CAST("live"."id" AS pg_catalog.text)) COLLATE pg_catalog."C"), pg_catalog.quote_literal('11:' || (CAST("live"."note" AS pg_catalog.text)) COLLATE pg_catalog."C"), pg_catalog.quote_literal('12:' || (CAST("live"."created_at" AS pg_catalog.text)) COLLATE pg_catalog."C"), pg_catalog.quote_literal('13:' || (CAST("live"."updated_at" AS pg_catalog.text)) COLLATE pg_catalog."C")] AS pg_catalog.text[]), ','), ''), 'UTF8')), 1, 8), CAST('\x00' AS pg_catalog.bytea)) AS rest_now, cells.cells, cells.stored
    FROM "seeder"."seeder_rows" AS before
    JOIN "shop"."goods" AS live ON "live"."sku" OPERATOR("pg_catalog".=) (CAST((CAST("before"."key" AS pg_catalog.text[]))[1] AS "pg_catalog"."text") COLLATE "pg_catalog"."default") AND ("live"."size" OPERATOR("pg_catalog".=) CASE WHEN pg_catalog.pg_input_is_valid((CAST("before"."key" AS pg_catalog.text[]))[2], '"pg_catalog"."numeric"(10,2)') THEN CAST((CAST("before"."key" AS pg_catalog.text[]))[2] AS "pg_catalog"."numeric"(10,2)) END OR ("live"."size" IS NULL AND (CAST("before"."key" AS pg_catalog.text[]))[2] IS NULL))
    CROSS JOIN LATERAL (
        SELECT
            pg_catalog.string_agg(slot.desired, CAST('' AS pg_catalog.bytea) ORDER BY slot.place) AS cells,
            pg_catalog.string_agg(slot.stood, CAST('' AS pg_catalog.bytea) ORDER BY slot.place) AS stored
        FROM (
            SELECT
                s.place,
                CASE WHEN s.place = ANY (CAST(%(written)s AS pg_catalog.int8[])) THEN coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to("s"."live", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea))
                    ELSE coalesce(nullif(pg_catalog.substr(before.cells, s.at, 8), ''), CAST('\x0000000000000000' AS pg_catalog.bytea)) END AS desired,
                CASE WHEN s.place = ANY (CAST(%(written)s AS pg_catalog.int8[])) OR %(as_left)s THEN coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to("s"."live", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea))
                    ELSE coalesce(nullif(pg_catalog.substr(coalesce(before.stored, before.cells), s.at, 8), ''),
                                  CAST('\x0000000000000000' AS pg_catalog.bytea)) END AS stood
            FROM (
                SELECT u.live, u.place, CAST(u.place AS pg_catalog.int4) * 8 - 7 AS at
                FROM pg_catalog.unnest(CAST(ARRAY[(CAST("live"."stock" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."price" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."config" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."sold_at" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."enabled" AS pg_catalog.text)) COLLATE pg_catalog."C", (CASE WHEN pg_catalog.num_nulls("live"."mood") = 0 THEN pg_catalog.concat("live"."mood") END) COLLATE pg_catalog."C", (CAST("live"."tags" AS pg_catalog.text)) COLLATE pg_catalog."C"] AS pg_catalog.text[])) WITH ORDINALITY AS u (live, place)
            ) AS s
        ) AS slot
    ) AS cells
    WHERE before.table_id = %(table_id)s AND before.key = ANY (CAST(%(keys)s AS pg_catalog.text[]))
) AS noted
WHERE entry.table_id = %(table_id)s AND entry.key = noted.key
