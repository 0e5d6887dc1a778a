-- Write the cells that `retired_rows: set` gives, into the row versions that were looked at. It runs under the role's
-- own search path, for its triggers.
WITH changed AS (
    UPDATE "shop"."goods" AS live
    SET "enabled" = CAST(%(value_0)s AS "pg_catalog"."bool"), "stock" = CAST(%(value_1)s AS "pg_catalog"."int4"), "updated_at" = pg_catalog.clock_timestamp()
    FROM ROWS FROM (
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
SELECT changed.key FROM changed
