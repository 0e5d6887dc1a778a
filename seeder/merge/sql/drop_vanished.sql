-- Drop the entries of rows that we updated and that are gone: a trigger deleted them.
DELETE FROM {rows} AS entry
USING {difference} AS difference
JOIN {stage} AS seed ON seed.n = difference.n
WHERE difference.writes AND entry.table_id = %(table_id)s AND entry.key = difference.key
    AND NOT EXISTS (SELECT FROM {table} AS live WHERE {same_key})
