-- Whether the ledger's schema is there, and which tables of these names it has. The catalogue itself is read: in a
-- transaction that has just waited for another run to create the ledger, to_regclass() may still remember that it is missing.
SELECT
    pg_catalog.count(*) > 0 AS has_schema,
    pg_catalog.array_agg(CAST(c.relname AS pg_catalog.text)) AS tables
FROM pg_catalog.pg_namespace AS n
LEFT JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = ANY(CAST(%(names)s AS pg_catalog.name[]))
WHERE n.nspname = %(schema)s
