-- The constraints that can be deferred, by name: whether all of that name are deferred unless a transaction says
-- otherwise, and whether all are foreign keys. SET CONSTRAINTS takes names, and needs the schema's USAGE. This also runs
-- under the role's own search path, so that operators carry their schema.
SELECT
    n.nspname AS schema_name,
    c.conname AS name,
    pg_catalog.bool_and(c.condeferred) AS deferred,
    pg_catalog.bool_and(c.contype OPERATOR(pg_catalog.=) CAST('f' AS pg_catalog."char")) AS foreign_key
FROM pg_catalog.pg_constraint AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.connamespace
WHERE c.condeferrable AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
GROUP BY n.nspname, c.conname
ORDER BY n.nspname, c.conname
