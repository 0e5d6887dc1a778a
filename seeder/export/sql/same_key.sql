-- The key of several rows, of which at least one is exported. NULL equals NULL. One row, or none if all keys differ.
--
-- The parameter makes PostgreSQL refuse a condition that is several statements.
SELECT {shown}
FROM {table}
WHERE CAST(%(always)s AS pg_catalog.bool)
GROUP BY {key}
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1 AND pg_catalog.bool_or({condition})
LIMIT 1
