-- Whether rows may be loaded straight into the table: it is a plain and empty one, and nobody else's code has a say in
-- what is inserted. Rows that a partition, a child or row security would hide are no concern: such a table is not plain.
SELECT
    NOT EXISTS (SELECT FROM "shop"."goods")
    AND EXISTS (
        SELECT FROM pg_catalog.pg_class AS c
        WHERE c.oid = CAST(%(oid)s AS pg_catalog.oid) AND c.relkind = 'r' AND NOT c.relispartition
            AND NOT c.relhasrules AND NOT c.relrowsecurity)
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_inherits AS i
        WHERE CAST(%(oid)s AS pg_catalog.oid) IN (i.inhrelid, i.inhparent))
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_trigger AS t
        WHERE t.tgrelid = CAST(%(oid)s AS pg_catalog.oid) AND NOT t.tgisinternal)
