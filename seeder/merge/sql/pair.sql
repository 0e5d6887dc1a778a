    -- A row of the seed file, the live row with its key, and the ledger's entry of it, if there are any.
    SELECT
        seed.n,
        seed.shape,
        live.ctid AS version,
        live.tableoid AS relation,
        live.xmin AS writer,
        CASE WHEN live.ctid IS NULL OR cells.compared THEN {key} END AS key,
        -- The texts of the cells are taken only where they are compared.
        CASE WHEN cells.compared THEN {desired} END AS desired,
        CASE WHEN cells.compared THEN {live} END AS live,
        CASE WHEN cells.compared THEN {named} END AS named,
        live.ctid IS NOT NULL AND NOT cells.compared AS settled,
        CASE WHEN cells.compared AND entry.rest IS NOT NULL THEN {slots} END AS slots,
        CASE WHEN cells.compared AND entry.rest IS NOT NULL THEN {rest} END AS rest_now,
        CASE WHEN cells.compared THEN {additions} END AS additions_untouched,
        entry.key IS NOT NULL OR NOT %(has_ledger)s AS entered,
        coalesce(entry.seeder_id = %(seeder_id)s, true) AS owned,
        entry.retired IS NULL AS listed,
        entry.seeder_id AS holder,
        entry.adopted,
        entry.retired,
        entry.seen,
        entry.cells,
        coalesce(entry.stored, entry.cells) AS stood,
        entry.rest,
        entry.kept,
        entry.kept_at
    FROM {seed} AS seed
    LEFT JOIN {table} AS live ON {same_key}
    LEFT JOIN {entries} AS entry ON entry.table_id = %(table_id)s AND entry.key = {key}
    CROSS JOIN LATERAL (
        SELECT live.ctid IS NOT NULL AND NOT {settled} AS compared OFFSET 0
    ) AS cells
    WHERE {nulls}
