-- A digest of form 1 in form 2: the first eight bytes of a sha256; NULL was a single byte, and not known was NULL.
CASE
    WHEN c.desired IS NULL THEN {unknown}
    WHEN pg_catalog.octet_length({digest}) < 2 THEN {null}
    ELSE pg_catalog.substr({digest}, 1, 8)
END
