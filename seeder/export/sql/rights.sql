-- The role, and whether it may look into the schema of a table.
SELECT current_user, pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE')
FROM pg_catalog.pg_class AS c
WHERE c.oid = CAST(%(table)s AS pg_catalog.oid)
