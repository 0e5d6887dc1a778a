-- The cells that `retired_rows: set` is about to change, as they are and as they are going to be: for `--diff`.
SELECT doomed.key, {live} AS live, {desired} AS desired
FROM {table} AS live
JOIN ROWS FROM (
    pg_catalog.unnest(CAST(%(versions)s AS pg_catalog.tid[])),
    pg_catalog.unnest(CAST(%(relations)s AS pg_catalog.oid[])),
    pg_catalog.unnest(CAST(%(keys)s AS pg_catalog.text[]))
) AS doomed (version, relation, key) ON live.ctid = doomed.version AND live.tableoid = doomed.relation
ORDER BY doomed.key
