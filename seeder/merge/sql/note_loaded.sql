-- Enter all rows of a table that was empty before they were loaded, in the order of their keys, so that the index of the
-- ledger stays dense. Each row stands as the file says: no trigger had a say.
INSERT INTO {rows} (table_id, key, seeder_id, adopted, retired, seen, cells, stored, rest, kept, kept_at)
SELECT %(table_id)s, {key}, %(seeder_id)s, false, NULL, %(seen)s, {cells}, NULL, {rest}, NULL, NULL
FROM {table} AS live
ORDER BY 2
