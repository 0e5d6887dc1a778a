-- Take over the entries that are left under former names of this seeder. It has taken those that it lists already.
UPDATE "seeder"."seeder_rows" AS entry
SET seeder_id = %(seeder_id)s, retired = coalesce(entry.retired, 'unlisted')
FROM "seeder"."seeder_seeders" AS s
JOIN "seeder"."seeder_applications" AS a ON a.id = s.application_id
WHERE entry.table_id = %(table_id)s AND entry.seeder_id = s.id
    AND a.name || '/' || s.name = ANY (CAST(%(names)s AS pg_catalog.text[]))
