-- The foreign keys that refer to the table, to its partitions, or to what inherits from it or it from; and whether the
-- role can read the columns that refer.
WITH RECURSIVE family AS (
    SELECT CAST(%(oid)s AS pg_catalog.oid) AS oid
    UNION
    SELECT i.inhrelid FROM pg_catalog.pg_inherits AS i JOIN family ON family.oid = i.inhparent
), ancestors AS (
    SELECT CAST(%(oid)s AS pg_catalog.oid) AS oid
    UNION
    SELECT i.inhparent FROM pg_catalog.pg_inherits AS i JOIN ancestors ON ancestors.oid = i.inhrelid
)
SELECT
    n.nspname AS schema_name,
    c.relname AS table_name,
    c.oid = CAST(%(oid)s AS pg_catalog.oid) AS itself,
    pg_catalog.has_schema_privilege(n.oid, 'USAGE')
        AND pg_catalog.bool_and(pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT'))
        AND NOT pg_catalog.row_security_active(c.oid) AS readable,
    pg_catalog.array_agg(CAST(a.attname AS pg_catalog.text) ORDER BY k.place) AS referring,
    pg_catalog.array_agg(CAST(b.attname AS pg_catalog.text) ORDER BY k.place) AS referred
FROM pg_catalog.pg_constraint AS f
JOIN pg_catalog.pg_class AS c ON c.oid = f.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(f.conkey), pg_catalog.unnest(f.confkey))
    WITH ORDINALITY AS k (referring, referred, place)
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = f.conrelid AND a.attnum = k.referring
JOIN pg_catalog.pg_attribute AS b ON b.attrelid = f.confrelid AND b.attnum = k.referred
WHERE f.contype = 'f' AND f.conparentid = 0
    AND f.confrelid IN (SELECT oid FROM family UNION SELECT oid FROM ancestors)
GROUP BY f.oid, n.oid, n.nspname, c.oid, c.relname
ORDER BY n.nspname, c.relname, f.oid
