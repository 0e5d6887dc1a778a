-- The constraints that are deferred unless a transaction says otherwise, less those that share their name with one that
-- is not: SET CONSTRAINTS would defer both.
SELECT n.nspname AS schema_name, c.conname AS name
FROM pg_catalog.pg_constraint AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.connamespace
WHERE c.condeferrable
GROUP BY n.nspname, c.conname
HAVING pg_catalog.bool_and(c.condeferred)
ORDER BY n.nspname, c.conname
