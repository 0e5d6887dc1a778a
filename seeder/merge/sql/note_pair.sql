    -- A row that was compared, the live row with its key as it stands now, and the entry that it had before.
    SELECT
        difference.key,
        difference.writes,
        coalesce(before.adopted, true) AS adopted,
        coalesce(difference.as_left AND ({ours}
            OR (live.ctid = difference.version AND live.xmin = difference.writer)), false) AS whole,
        coalesce({ours}, false) AS ours,
        {desired} AS desired,
        {named} AS named,
        {states} AS states,
        {slots} AS slots,
        {rest} AS rest_now,
        coalesce(before.seen, CAST(%(seen)s AS pg_catalog.int2)) AS seen,
        before.cells,
        coalesce(before.stored, before.cells) AS stood,
        before.kept,
        before.kept_at
    FROM {difference} AS difference
    JOIN {stage} AS seed ON seed.n = difference.n
    LEFT JOIN {table} AS live ON {same_key}
    LEFT JOIN {rows} AS before ON before.table_id = %(table_id)s AND before.key = difference.key
    WHERE {nulls} AND CASE
        WHEN difference.writes THEN {ours}
        ELSE difference.action IN (0, 2, 3)
    END AND {work}
