    -- A row that was inserted, and the live row with its key, read back: how it stands now that all triggers have fired.
    SELECT
        difference.key,
        {ours} AS ours,
        {cells} AS cells,
        CASE WHEN NOT stands.as_desired THEN {slots} END AS slots,
        {rest} AS rest
    FROM {difference} AS difference
    JOIN {stage} AS seed ON seed.n = difference.n
    JOIN {table} AS live ON {same_key}
    CROSS JOIN LATERAL (
        SELECT {all_named} AND ({same_image} OR {slot_desired} IS NOT DISTINCT FROM {slots}) AS as_desired OFFSET 0
    ) AS stands
    WHERE {nulls} AND difference.action = 1
