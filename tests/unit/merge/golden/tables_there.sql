-- The tables in some schemas, without partitions: one of them may be the one that is meant.
SELECT c.relname
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY (CAST(%(schemas)s AS pg_catalog.text[])) AND n.nspname <> 'pg_catalog'
    AND c.relkind IN ('r', 'p') AND NOT c.relispartition
ORDER BY c.relname
