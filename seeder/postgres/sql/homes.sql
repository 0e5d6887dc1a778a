-- The first of the role's schemas that has each of some tables, which are named without one. It runs under the role's
-- own search path, so that operators carry their schema too.
SELECT DISTINCT ON (c.relname) c.relname, n.nspname
FROM pg_catalog.unnest(CAST(%(schemas)s AS pg_catalog.text[])) WITH ORDINALITY AS path (nspname, place)
JOIN pg_catalog.pg_namespace AS n ON n.nspname OPERATOR(pg_catalog.=) path.nspname
JOIN pg_catalog.pg_class AS c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
    AND c.relname OPERATOR(pg_catalog.=) ANY (CAST(%(tables)s AS pg_catalog.text[]))
ORDER BY c.relname, path.place
