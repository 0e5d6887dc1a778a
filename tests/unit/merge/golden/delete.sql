-- Delete the row versions that were looked at, and no others. It runs under the role's own search path, for its
-- triggers.
WITH gone AS (
    DELETE FROM "shop"."goods" AS live
    USING ROWS FROM (
        pg_catalog.unnest(CAST(%(versions)s AS pg_catalog.tid[])),
        pg_catalog.unnest(CAST(%(relations)s AS pg_catalog.oid[])),
        pg_catalog.unnest(CAST(%(writers)s AS pg_catalog.xid[])),
        pg_catalog.unnest(CAST(%(keys)s AS pg_catalog.text[]))
    ) AS doomed (version, relation, writer, key)
    WHERE live.ctid OPERATOR(pg_catalog.=) doomed.version
        AND live.tableoid OPERATOR(pg_catalog.=) doomed.relation
        AND live.xmin OPERATOR(pg_catalog.=) doomed.writer
    RETURNING doomed.key
)
SELECT gone.key FROM gone
