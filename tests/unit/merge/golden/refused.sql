-- The first row for which a policy fails the seeder, or that another seeder holds. The numbers are those of `Action` and
-- of `State` in `comparison.py`.
SELECT
    difference.n, difference.action, difference.states, difference.entered, difference.holder, difference.key
FROM "pg_temp"."seeder_difference_8" AS difference
WHERE difference.action IN (4, 5) OR (difference.action = 0 AND 6 = ANY (difference.states))
ORDER BY difference.n
LIMIT 1
