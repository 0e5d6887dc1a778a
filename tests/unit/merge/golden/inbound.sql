-- The foreign keys that refer to the table, to its partitions, or to what inherits from it or it from; and whether the
-- role can read what refers. `operators` are those by which the foreign key itself compares, referred columns on the left,
-- and `collations` those of the referred columns. `itself`: rows of the table may refer to each other, or to themselves.
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
    own.itself,
    pg_catalog.has_schema_privilege(n.oid, 'USAGE')
        AND pg_catalog.bool_and(pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT'))
        AND (NOT own.itself OR pg_catalog.has_column_privilege(c.oid, CAST(-1 AS pg_catalog.int2), 'SELECT'))
        AND NOT pg_catalog.row_security_active(c.oid) AS readable,
    pg_catalog.array_agg(CAST(a.attname AS pg_catalog.text) ORDER BY k.place) AS referring,
    pg_catalog.array_agg(CAST(b.attname AS pg_catalog.text) ORDER BY k.place) AS referred,
    pg_catalog.json_agg(pg_catalog.json_build_array(operator_schema.nspname, o.oprname) ORDER BY k.place) AS operators,
    pg_catalog.json_agg((
        SELECT pg_catalog.json_build_array(x.nspname, co.collname)
        FROM pg_catalog.pg_collation AS co JOIN pg_catalog.pg_namespace AS x ON x.oid = co.collnamespace
        WHERE co.oid = b.attcollation) ORDER BY k.place) AS collations
FROM pg_catalog.pg_constraint AS f
JOIN pg_catalog.pg_class AS c ON c.oid = f.conrelid
CROSS JOIN LATERAL (
    SELECT c.oid IN (SELECT family.oid FROM family UNION SELECT ancestors.oid FROM ancestors) AS itself) AS own
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL ROWS FROM (
    pg_catalog.unnest(f.conkey), pg_catalog.unnest(f.confkey), pg_catalog.unnest(f.conpfeqop)
) WITH ORDINALITY AS k (referring, referred, operator, place)
JOIN pg_catalog.pg_operator AS o ON o.oid = k.operator
JOIN pg_catalog.pg_namespace AS operator_schema ON operator_schema.oid = o.oprnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = f.conrelid AND a.attnum = k.referring
JOIN pg_catalog.pg_attribute AS b ON b.attrelid = f.confrelid AND b.attnum = k.referred
WHERE f.contype = 'f' AND f.conparentid = 0
    AND f.confrelid IN (SELECT oid FROM family UNION SELECT oid FROM ancestors)
GROUP BY f.oid, n.oid, n.nspname, c.oid, c.relname, own.itself
ORDER BY n.nspname, c.relname, f.oid
