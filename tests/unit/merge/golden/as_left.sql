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
    ), false)
