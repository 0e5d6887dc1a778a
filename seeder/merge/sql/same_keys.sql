-- The first two rows of the seed file that have the same key.
SELECT (pg_catalog.array_agg(seed.n ORDER BY seed.n))[1:2]
FROM {stage} AS seed
GROUP BY {key}
HAVING pg_catalog.count(*) > 1
LIMIT 1
