-- The first row of the seed file whose key several live rows have. `pairs` has the row's number once for each of them.
SELECT pairs.n
FROM ({pairs}) AS pairs
GROUP BY pairs.n
HAVING pg_catalog.count(*) > 1
ORDER BY pairs.n
LIMIT 1
