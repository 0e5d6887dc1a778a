-- The first two rows of the seed file that have the same key.
SELECT (pg_catalog.array_agg(seed.n ORDER BY seed.n))[1:2]
FROM (SELECT seed.* FROM "pg_temp"."seeder_stage_1" AS seed WHERE NOT (false)) AS seed
GROUP BY ("seed"."c0" COLLATE "pg_catalog"."default"), "seed"."c1"
HAVING pg_catalog.count(*) > 1
LIMIT 1
