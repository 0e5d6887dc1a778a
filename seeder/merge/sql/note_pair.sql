    SELECT
        difference.key,
        difference.action,
        difference.states,
        difference.writes,
        difference.action <> 1 AND coalesce(before.adopted, true) AS adopted,
        difference.action = 1 OR coalesce(difference.as_left AND (live.xmin = difference.xmin
            OR (live.ctid = difference.version AND live.xmin = difference.writer)), false) AS whole,
        coalesce(live.xmin = difference.xmin, false) AS ours,
        {desired} AS desired,
        {named} AS named,
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
        WHEN difference.action = 1 THEN live.xmin = difference.xmin
        WHEN difference.writes THEN live.xmin = difference.xmin
        WHEN difference.action = 0 THEN true
        ELSE difference.action IN (2, 3)
    END AND {work}
