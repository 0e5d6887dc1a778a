-- Bring the ledger from form 1 to form 2. Whole sha256 digests become their first eight bytes; a digest with one byte
-- more stood for a cell in conflict. All entries belong to the application `default`.
INSERT INTO "seeder".seeder_applications (name) VALUES ('default');

INSERT INTO "seeder".seeder_seeders (id, application_id, name, digest, changed_at)
    OVERRIDING SYSTEM VALUE
SELECT s.id, a.id, s.name, s.digest, s.changed_at
FROM "seeder".seeders AS s, "seeder".seeder_applications AS a;
SELECT pg_catalog.setval(pg_catalog.pg_get_serial_sequence('"seeder"."seeder_seeders"', 'id'),
    (SELECT coalesce(pg_catalog.max(id), 0) + 1 FROM "seeder".seeder_seeders), false);

-- The columns that had digests come first, then those of the key.
INSERT INTO "seeder".seeder_tables (id, schema_name, table_name, columns, numbers, types, key, slots)
    OVERRIDING SYSTEM VALUE
SELECT
    t.id,
    pg_catalog.split_part(t.name, '.', 1),
    pg_catalog.substr(t.name, pg_catalog.length(pg_catalog.split_part(t.name, '.', 1)) + 2),
    all_columns.names,
    pg_catalog.array_fill(CAST(0 AS pg_catalog.int2), ARRAY[pg_catalog.cardinality(all_columns.names)]),
    pg_catalog.array_fill(CAST(0 AS pg_catalog.oid), ARRAY[pg_catalog.cardinality(all_columns.names)]),
    (SELECT pg_catalog.array_agg(CAST(pg_catalog.array_position(all_columns.names, k.name) AS pg_catalog.int2)
                                 ORDER BY k.place)
     FROM pg_catalog.unnest(t.key) WITH ORDINALITY AS k (name, place)),
    coalesce((SELECT pg_catalog.array_agg(CAST(c.place AS pg_catalog.int2) ORDER BY c.place)
     FROM pg_catalog.unnest(t.columns) WITH ORDINALITY AS c (name, place)), '{}')
FROM "seeder".targets AS t
CROSS JOIN LATERAL (
    SELECT t.columns || ARRAY(
        SELECT k.name FROM pg_catalog.unnest(t.key) WITH ORDINALITY AS k (name, place)
        WHERE k.name <> ALL (t.columns) ORDER BY k.place) AS names
) AS all_columns;
SELECT pg_catalog.setval(pg_catalog.pg_get_serial_sequence('"seeder"."seeder_tables"', 'id'),
    (SELECT coalesce(pg_catalog.max(id), 0) + 1 FROM "seeder".seeder_tables), false);

INSERT INTO "seeder".seeder_rows
    (table_id, seeder_id, seen, adopted, retired, key, cells, stored, rest, kept, kept_at)
SELECT
    e.target_id, e.seeder_id, 32767, e.adopted, e.retired, CAST(e.key AS pg_catalog.text),
    cells.desired,
    nullif(cells.stored, cells.desired),
    CASE WHEN e.adopted THEN NULL ELSE CAST('' AS pg_catalog.bytea) END,
    cells.kept,
    CASE WHEN cells.kept IS NOT NULL THEN pg_catalog.array_fill(
        pg_catalog.transaction_timestamp(), ARRAY[pg_catalog.cardinality(cells.kept)]) END
FROM "seeder".entries AS e
CROSS JOIN LATERAL (
    SELECT
        coalesce(pg_catalog.string_agg(-- A digest of form 1 in form 2: the first eight bytes of a sha256; NULL was a single byte, and not known was NULL.
CASE
    WHEN c.desired IS NULL THEN CAST('\x0000000000000000' AS pg_catalog.bytea)
    WHEN pg_catalog.octet_length("c"."desired") < 2 THEN CAST('\x0000000000000001' AS pg_catalog.bytea)
    ELSE pg_catalog.substr("c"."desired", 1, 8)
END, CAST('' AS pg_catalog.bytea) ORDER BY c.place), '') AS desired,
        coalesce(pg_catalog.string_agg(-- A digest of form 1 in form 2: the first eight bytes of a sha256; NULL was a single byte, and not known was NULL.
CASE
    WHEN c.desired IS NULL THEN CAST('\x0000000000000000' AS pg_catalog.bytea)
    WHEN pg_catalog.octet_length("c"."stored") < 2 THEN CAST('\x0000000000000001' AS pg_catalog.bytea)
    ELSE pg_catalog.substr("c"."stored", 1, 8)
END, CAST('' AS pg_catalog.bytea) ORDER BY c.place), '') AS stored,
        pg_catalog.array_agg(CAST(c.place AS pg_catalog.int2) ORDER BY c.place) FILTER (
            WHERE c.desired IS NOT NULL AND pg_catalog.octet_length(c.stored) IN (1, 33)) AS kept
    FROM ROWS FROM (
        pg_catalog.unnest(e.desired), pg_catalog.unnest(coalesce(e.stored, e.desired))
    ) WITH ORDINALITY AS c (desired, stored, place)
) AS cells;

DROP TABLE "seeder".entries, "seeder".targets, "seeder".seeders;
UPDATE "seeder".form SET form = 2;
