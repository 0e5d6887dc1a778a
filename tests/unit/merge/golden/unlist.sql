-- Mark the entries of this seeder whose row the seed file does not list. The keys are found once, as an array, whatever
-- the planner thinks of entries that were made just now and of which it has no statistics yet: no join is quadratic.
UPDATE "seeder"."seeder_rows" AS entry
SET retired = 'unlisted'
WHERE entry.table_id = %(table_id)s AND entry.seeder_id = %(seeder_id)s AND entry.retired IS NULL AND entry.key = ANY (ARRAY(
    SELECT mine.key FROM "seeder"."seeder_rows" AS mine
    WHERE mine.table_id = %(table_id)s AND mine.seeder_id = %(seeder_id)s AND mine.retired IS NULL
    EXCEPT
    SELECT CAST(CAST(ARRAY[(CAST("seed"."c0" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("seed"."c1" AS pg_catalog.text)) COLLATE pg_catalog."C"] AS pg_catalog.text[]) AS pg_catalog.text) COLLATE pg_catalog."C" FROM "pg_temp"."seeder_stage_1" AS seed
))
