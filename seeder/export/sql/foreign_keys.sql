-- The foreign keys of a table: to which table each leads, and which column stands for which of that table's. Those of
-- one column come first.
SELECT n.nspname AS schema_name, c.relname AS table_name,
    (SELECT pg_catalog.json_agg(a.attname ORDER BY k.place)
     FROM pg_catalog.unnest(con.conkey) WITH ORDINALITY AS k (attnum, place)
     JOIN pg_catalog.pg_attribute AS a ON a.attrelid = con.conrelid AND a.attnum = k.attnum) AS columns,
    (SELECT pg_catalog.json_agg(a.attname ORDER BY k.place)
     FROM pg_catalog.unnest(con.confkey) WITH ORDINALITY AS k (attnum, place)
     JOIN pg_catalog.pg_attribute AS a ON a.attrelid = con.confrelid AND a.attnum = k.attnum) AS parents
FROM pg_catalog.pg_constraint AS con
JOIN pg_catalog.pg_class AS c ON c.oid = con.confrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE con.conrelid = CAST(%(table)s AS pg_catalog.oid) AND con.contype = 'f'
ORDER BY pg_catalog.cardinality(con.conkey), con.conname
