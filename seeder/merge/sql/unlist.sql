-- Mark the entries of this seeder whose row the seed file does not list. The keys are found once, as an array, whatever
-- the planner thinks of entries that were made just now and of which it has no statistics yet: no join is quadratic.
UPDATE {rows} AS entry
SET retired = 'unlisted'
WHERE entry.table_id = %(table_id)s AND entry.seeder_id = %(seeder_id)s AND entry.retired IS NULL AND entry.key = ANY (ARRAY(
    SELECT mine.key FROM {rows} AS mine
    WHERE mine.table_id = %(table_id)s AND mine.seeder_id = %(seeder_id)s AND mine.retired IS NULL
    EXCEPT
    SELECT {key} FROM {stage} AS seed
))
