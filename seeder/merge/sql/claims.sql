-- The first row that this seeder has just entered, and that another seeder holds under another key of the table.
SELECT difference.n, other.table_id, other.key, other.seeder_id
FROM {difference} AS difference
JOIN {stage} AS seed ON seed.n = difference.n
JOIN {table} AS live ON {same_key}
JOIN {rows} AS other ON other.table_id = {other} AND other.key = {other_key}
WHERE difference.action IN (0, 1) AND NOT (difference.entered AND difference.owned)
    AND other.seeder_id <> %(seeder_id)s AND other.seeder_id <> ALL (CAST(%(former)s AS pg_catalog.int4[]))
    AND other.retired IS NULL
ORDER BY difference.n
LIMIT 1
