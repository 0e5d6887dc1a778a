CASE
    WHEN c.desired IS NULL THEN {unknown}
    WHEN pg_catalog.octet_length({digest}) < 2 THEN {null}
    ELSE pg_catalog.substr({digest}, 1, 8)
END
