-- How many cells of each column, by its place, were there before us and stay, and the ledger did not know yet.
SELECT cell.place, pg_catalog.count(*) AS count
FROM {difference} AS difference
CROSS JOIN LATERAL pg_catalog.unnest(difference.states) WITH ORDINALITY AS cell (state, place)
WHERE difference.action = 0 AND cell.state = 5
GROUP BY cell.place
ORDER BY cell.place
