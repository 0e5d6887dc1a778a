-- The rows that this seeder wrote and whose seed file no longer lists them, and what keeps each from being deleted or
-- set: `reason`, NULL if nothing does. `version`, `relation` and `writer` name the row version that was looked at.
WITH pairs AS (
    SELECT
        entry.key,
        entry.adopted,
        entry.retired,
        live.ctid AS version,
        live.tableoid AS relation,
        live.xmin AS writer,
        coalesce(entry.stored, entry.cells) AS stood,
        entry.rest,
        entry.seen,
        {rest} AS rest_now,
        {additions} AS additions_untouched,
        {slots} AS slots,
        {set_live} AS set_live,
        {referenced} AS referenced
    FROM {rows} AS entry
    JOIN {table} AS live ON {same_key}
    WHERE entry.table_id = %(table_id)s AND entry.seeder_id = %(seeder_id)s AND entry.retired IS NOT NULL
        -- The live row may be listed all the same, under another spelling of its key.
        AND NOT EXISTS (
            SELECT FROM {rows} AS other
            WHERE other.table_id = entry.table_id AND other.key = {live_key} AND other.key <> entry.key
                AND other.retired IS NULL)
), judged AS (
    SELECT
        pairs.*,
        pg_catalog.count(*) OVER (PARTITION BY pairs.key) AS twins,
        {as_left} AS as_left
    FROM pairs
)
SELECT
    judged.key,
    CAST(judged.key AS pg_catalog.text[]) AS key_cells,
    judged.retired,
    judged.twins,
    CASE
        WHEN judged.adopted THEN 'adopted'
        WHEN judged.referenced IS NOT NULL AND %(delete)s THEN judged.referenced
        -- Another value of the primary key: somebody put this row in the place of ours.
        WHEN EXISTS (
            SELECT FROM pg_catalog.unnest(judged.slots) WITH ORDINALITY AS slot (live, place)
            CROSS JOIN LATERAL (SELECT pg_catalog.substr(judged.stood,
                CAST(slot.place AS pg_catalog.int4) * 8 - 7, 8) AS stood) AS was
            WHERE slot.place = ANY (CAST(%(identity)s AS pg_catalog.int8[]))
                AND was.stood NOT IN (CAST('' AS pg_catalog.bytea), {unknown}) AND was.stood <> {slot_digest}
        ) THEN 'replaced'
        WHEN NOT %(delete)s OR judged.as_left THEN NULL
        WHEN judged.rest_now IS NULL OR (pg_catalog.octet_length(judged.rest) = 0 AND NOT %(complete)s) THEN 'unknown'
        ELSE 'touched'
    END AS reason,
    CAST(judged.version AS pg_catalog.text) AS version,
    CAST(judged.relation AS pg_catalog.int8) AS relation,
    CAST(judged.writer AS pg_catalog.text) AS writer,
    judged.as_left,
    -- Of each cell that `set` writes, whether it is as we left it.
    ARRAY(
        SELECT CASE
            WHEN judged.as_left THEN true
            ELSE coalesce(pg_catalog.substr(judged.stood, c.slot * 8 - 7, 8) = {set_digest}, false)
        END
        FROM ROWS FROM (
            pg_catalog.unnest(judged.set_live), pg_catalog.unnest(CAST(%(set_slots)s AS pg_catalog.int2[]))
        ) WITH ORDINALITY AS c (live, slot, place)
        ORDER BY c.place
    ) AS free
FROM judged
ORDER BY judged.key
