-- The foreign keys among some tables, by their places in the list: which table refers, and to which. A row that is written
-- to a partitioned table comes to lie in a partition, and a row of a partition is a row of each table above it.
WITH listed AS (
    SELECT listed.place, c.oid
    FROM ROWS FROM (
        pg_catalog.unnest(CAST(%(schemas)s AS pg_catalog.text[])),
        pg_catalog.unnest(CAST(%(tables)s AS pg_catalog.text[]))
    ) WITH ORDINALITY AS listed (schema_name, table_name, place)
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = listed.schema_name
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = listed.table_name
), below AS (
    SELECT place, oid FROM listed
    UNION
    SELECT listed.place, CAST(tree.relid AS pg_catalog.oid)
    FROM listed CROSS JOIN LATERAL pg_catalog.pg_partition_tree(CAST(listed.oid AS pg_catalog.regclass)) AS tree
), above AS (
    SELECT listed.place, CAST(tree.relid AS pg_catalog.oid) AS oid
    FROM listed CROSS JOIN LATERAL pg_catalog.pg_partition_ancestors(CAST(listed.oid AS pg_catalog.regclass)) AS tree (relid)
)
SELECT child.place AS child, parent.place AS parent
FROM pg_catalog.pg_constraint AS con
JOIN below AS child ON child.oid = con.conrelid
JOIN (TABLE below UNION TABLE above) AS parent ON parent.oid = con.confrelid
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = con.conrelid AND a.attnum = ANY (con.conkey)
WHERE con.contype = 'f' AND NOT EXISTS (
    SELECT FROM listed AS one JOIN listed AS other ON other.oid = one.oid
    WHERE one.place = child.place AND other.place = parent.place)
GROUP BY con.oid, child.place, parent.place
-- Of tables that refer to each other, the one whose column may be NULL can do without the other one.
ORDER BY pg_catalog.bool_and(a.attnotnull) DESC, child.place, parent.place
