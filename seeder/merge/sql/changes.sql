-- What differs, cell by cell, for people who asked to see it.
SELECT difference.action, difference.states, difference.shape, {key} AS key, {desired} AS desired, {live} AS live
FROM {difference} AS difference
JOIN {stage} AS seed ON seed.n = difference.n
LEFT JOIN {table} AS live ON live.ctid = difference.version AND live.tableoid = difference.relation
ORDER BY difference.n
