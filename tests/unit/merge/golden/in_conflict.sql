-- Whether a cell that was kept is in conflict still: the seed file names it and says otherwise, and nobody has taken the
-- edit back.
(NOT c.insert_only AND c.live IS DISTINCT FROM c.desired
    AND (-c.slot = ANY ("judged"."kept") OR (c.slot = ANY ("judged"."kept") AND d.stood IS DISTINCT FROM coalesce(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to("c"."live", 'UTF8')), 1, 8), CAST('\x0000000000000001' AS pg_catalog.bytea)))))
