-- Lock rows that are to go, so that nothing new can refer to them while we look once more.
SELECT 1
FROM "shop"."goods" AS live
JOIN ROWS FROM (
    pg_catalog.unnest(CAST(%(versions)s AS pg_catalog.tid[])),
    pg_catalog.unnest(CAST(%(relations)s AS pg_catalog.oid[]))
) AS doomed (version, relation) ON live.ctid = doomed.version AND live.tableoid = doomed.relation
FOR UPDATE OF live
