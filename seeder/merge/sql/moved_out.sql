-- The first row that we have just written and that is not in its part of the table: a trigger has moved it out. The next
-- run would not find it there, and insert it once more.
SELECT difference.n
FROM {difference} AS difference
JOIN {stage} AS seed ON seed.n = difference.n
JOIN {table} AS live ON {same_own_key}
WHERE (difference.action = 1 OR difference.writes) AND ({in_part}) IS NOT TRUE AND {ours}
    AND NOT EXISTS (SELECT FROM {table} AS live WHERE {same_key})
ORDER BY difference.n
LIMIT 1
