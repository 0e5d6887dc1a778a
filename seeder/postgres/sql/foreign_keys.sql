-- The foreign keys among some tables, by their places in the list: which table refers, and to which. A row that is written
-- to a partitioned table is stored in a partition, and a row of a partition is a row of each table above it. The
-- partitions are looked up in the catalogue, because pg_partition_tree waits if somebody has locked one.
WITH RECURSIVE listed AS (
    SELECT listed.place, c.oid, c.relispartition
    FROM ROWS FROM (
        pg_catalog.unnest(CAST(%(schemas)s AS pg_catalog.text[])),
        pg_catalog.unnest(CAST(%(tables)s AS pg_catalog.text[]))
    ) WITH ORDINALITY AS listed (schema_name, table_name, place)
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = listed.schema_name
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = listed.table_name
), below AS (
    SELECT place, oid FROM listed
    UNION
    SELECT below.place, partition.oid
    FROM below
    JOIN pg_catalog.pg_inherits AS i ON i.inhparent = below.oid
    JOIN pg_catalog.pg_class AS partition ON partition.oid = i.inhrelid AND partition.relispartition
), above AS (
    SELECT place, oid, relispartition FROM listed
    UNION
    SELECT above.place, parent.oid, parent.relispartition
    FROM above
    JOIN pg_catalog.pg_inherits AS i ON i.inhrelid = above.oid AND above.relispartition
    JOIN pg_catalog.pg_class AS parent ON parent.oid = i.inhparent
)
SELECT child.place AS child, parent.place AS parent
FROM pg_catalog.pg_constraint AS con
JOIN below AS child ON child.oid = con.conrelid
JOIN (SELECT place, oid FROM below UNION SELECT place, oid FROM above) AS parent ON parent.oid = con.confrelid
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = con.conrelid AND a.attnum = ANY (con.conkey)
WHERE con.contype = 'f' AND NOT EXISTS (
    SELECT FROM listed AS one JOIN listed AS other ON other.oid = one.oid
    WHERE one.place = child.place AND other.place = parent.place)
GROUP BY con.oid, child.place, parent.place
-- Of tables that refer to each other, the one whose column may be NULL can do without the other one.
ORDER BY pg_catalog.bool_and(a.attnotnull) DESC, child.place, parent.place
