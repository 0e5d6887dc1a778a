-- The seeders of the application that the ledger knows, with a table of each and how many rows it holds.
SELECT
    s.name,
    s.digest,
    s.release,
    CAST(s.changed_at AS pg_catalog.text) AS changed_at,
    pg_catalog.min(t.schema_name || '.' || t.table_name) AS table_name,
    coalesce(pg_catalog.sum(entry.rows), 0) AS rows
FROM {seeders} AS s
JOIN {applications} AS a ON a.id = s.application_id
LEFT JOIN (
    SELECT r.seeder_id, r.table_id, pg_catalog.count(*) AS rows
    FROM {rows} AS r
    GROUP BY r.seeder_id, r.table_id
) AS entry ON entry.seeder_id = s.id
LEFT JOIN {tables} AS t ON t.id = entry.table_id
WHERE a.name = %(application)s
GROUP BY s.id
ORDER BY s.name
