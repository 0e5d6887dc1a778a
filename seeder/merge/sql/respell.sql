-- Give entries the spelling of their key that the seed file uses now: 1.0 for 1.00, `1 mon` for `30 days`. Which keys
-- are equal is for the operator of their type to say. What a second entry says of one row goes.
WITH staged AS (
    SELECT {key} AS key, {seed_values} FROM {stage} AS seed
), strange AS (
    SELECT entry.key, {entry_values}
    FROM {rows} AS entry
    WHERE entry.table_id = %(table_id)s AND NOT EXISTS (SELECT FROM staged WHERE staged.key = entry.key)
), pairs AS (
    SELECT
        strange.key AS old,
        staged.key AS new,
        pg_catalog.row_number() OVER (PARTITION BY staged.key ORDER BY strange.key) AS rank,
        EXISTS (SELECT FROM {rows} AS entry
                WHERE entry.table_id = %(table_id)s AND entry.key = staged.key) AS taken
    FROM strange
    JOIN staged ON {same_key}
), moved AS (
    UPDATE {rows} AS entry SET key = pairs.new
    FROM pairs
    WHERE entry.table_id = %(table_id)s AND entry.key = pairs.old AND pairs.rank = 1 AND NOT pairs.taken
    RETURNING 1
), dropped AS (
    DELETE FROM {rows} AS entry
    USING pairs
    WHERE entry.table_id = %(table_id)s AND entry.key = pairs.old AND (pairs.rank > 1 OR pairs.taken)
    RETURNING 1
)
SELECT (SELECT pg_catalog.count(*) FROM moved) + (SELECT pg_catalog.count(*) FROM dropped)
