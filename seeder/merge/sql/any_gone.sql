-- Whether a row that the seed file no longer lists is gone, so that its entry is to be dropped.
SELECT EXISTS (
    SELECT FROM {rows} AS entry
    WHERE entry.table_id = %(table_id)s AND entry.seeder_id = %(seeder_id)s AND entry.retired IS NOT NULL
        AND NOT EXISTS (SELECT FROM {table} AS live WHERE {same_key})
)
