-- The foreign key of the table that has this name: what it refers to, and by which columns. `operators` are those by which
-- it compares, referred columns on the left, and `collations` those of the referred columns. One that is not validated may
-- always have been violated.
SELECT
    n.nspname AS schema_name,
    c.relname AS table_name,
    pg_catalog.array_agg(CAST(a.attname AS pg_catalog.text) ORDER BY k.place) AS referring,
    pg_catalog.array_agg(CAST(b.attname AS pg_catalog.text) ORDER BY k.place) AS referred,
    pg_catalog.json_agg(pg_catalog.json_build_array(operator_schema.nspname, o.oprname) ORDER BY k.place) AS operators,
    pg_catalog.json_agg((
        SELECT pg_catalog.json_build_array(x.nspname, co.collname)
        FROM pg_catalog.pg_collation AS co JOIN pg_catalog.pg_namespace AS x ON x.oid = co.collnamespace
        WHERE co.oid = b.attcollation) ORDER BY k.place) AS collations
FROM pg_catalog.pg_constraint AS f
JOIN pg_catalog.pg_class AS c ON c.oid = f.confrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL ROWS FROM (
    pg_catalog.unnest(f.conkey), pg_catalog.unnest(f.confkey), pg_catalog.unnest(f.conpfeqop)
) WITH ORDINALITY AS k (referring, referred, operator, place)
JOIN pg_catalog.pg_operator AS o ON o.oid = k.operator
JOIN pg_catalog.pg_namespace AS operator_schema ON operator_schema.oid = o.oprnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = f.conrelid AND a.attnum = k.referring
JOIN pg_catalog.pg_attribute AS b ON b.attrelid = f.confrelid AND b.attnum = k.referred
WHERE f.contype = 'f' AND f.convalidated AND f.conrelid = CAST(%(oid)s AS pg_catalog.oid)
    AND f.conname = CAST(%(name)s AS pg_catalog.text)
GROUP BY f.oid, n.nspname, c.relname
