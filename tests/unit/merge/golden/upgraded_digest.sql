-- A digest of form 1 in form 2: the first eight bytes of a sha256; NULL was a single byte, and not known was NULL.
CASE
    WHEN c.desired IS NULL THEN CAST('\x0000000000000000' AS pg_catalog.bytea)
    WHEN pg_catalog.octet_length("c"."desired") < 2 THEN CAST('\x0000000000000001' AS pg_catalog.bytea)
    ELSE pg_catalog.substr("c"."desired", 1, 8)
END
