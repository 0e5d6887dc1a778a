    SELECT
        difference.key,
        {cells} AS cells,
        {slots} AS slots,
        {all_named} AND {slot_desired} IS NOT DISTINCT FROM {slots} AS as_desired,
        {row_digest} AS row_digest,
        {rest} AS rest
    FROM {difference} AS difference
    JOIN {stage} AS seed ON seed.n = difference.n
    CROSS JOIN LATERAL (
        SELECT CAST(CAST(pg_catalog.pg_current_xact_id() AS pg_catalog.text) AS pg_catalog.int8) AS top) AS numbers
    JOIN {table} AS live ON {same_key}
    WHERE {nulls} AND difference.action = 1 AND {ours}
