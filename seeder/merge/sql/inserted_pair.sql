    SELECT
        difference.key,
        {ours} AS ours,
        {cells} AS cells,
        {slots} AS slots,
        {all_named} AND {slot_desired} IS NOT DISTINCT FROM {slots} AS as_desired,
        {row_digest} AS row_digest,
        {rest} AS rest
    FROM {difference} AS difference
    JOIN {stage} AS seed ON seed.n = difference.n
    JOIN {table} AS live ON {same_key}
    WHERE {nulls} AND difference.action = 1
