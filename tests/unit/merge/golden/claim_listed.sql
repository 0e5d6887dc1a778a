-- Make the entries of rows that were to be written this seeder's own: its file lists them. Some of the rows were not
-- written, because somebody has just changed or deleted them: these count as touched from now on.
UPDATE "seeder"."seeder_rows" AS entry
SET seeder_id = %(seeder_id)s, retired = NULL, rest = NULL
FROM "pg_temp"."seeder_difference_14" AS difference
WHERE difference.writes AND entry.table_id = %(table_id)s AND entry.key = difference.key
    AND (entry.seeder_id <> %(seeder_id)s OR entry.retired IS NOT NULL)
