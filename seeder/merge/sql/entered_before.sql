-- Of a row that returns there is an entry already.
ON CONFLICT (table_id, key) DO UPDATE SET
    seeder_id = excluded.seeder_id, adopted = excluded.adopted, retired = excluded.retired, seen = excluded.seen,
    cells = excluded.cells, stored = excluded.stored, rest = excluded.rest,
    kept = excluded.kept, kept_at = excluded.kept_at
