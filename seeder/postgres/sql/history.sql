-- The schemas in which another tool may keep its history: those that have a table, view or partitioned table of this
-- name. It runs under the role's own search path, so that operators carry their schema too.
SELECT n.nspname
FROM pg_catalog.pg_namespace AS n
JOIN pg_catalog.pg_class AS c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
WHERE c.relname OPERATOR(pg_catalog.=) %(name)s
    AND pg_catalog.strpos('rpv', CAST(c.relkind AS pg_catalog.text)) OPERATOR(pg_catalog.>) 0
ORDER BY n.nspname
