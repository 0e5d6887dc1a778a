    SELECT
        seed.n,
        seed.shape,
        live.ctid AS version,
        live.tableoid AS relation,
        live.xmin AS writer,
        {key} AS key,
        {desired} AS desired,
        CASE WHEN live.ctid IS NOT NULL THEN {live} END AS live,
        {named} AS named,
        -- All that the ledger knows of the cells is as the seed file desires, and so is the live row: nothing to do.
        CASE WHEN entry.row_digest IS NULL OR live.ctid IS NULL THEN false ELSE
            entry.seeder_id = %(seeder_id)s AND entry.retired IS NULL
            AND entry.row_digest = {row_digest} AND {compared_desired} = {compared_live} END AS settled,
        CASE WHEN entry.rest IS NOT NULL THEN {slots} END AS slots,
        CASE WHEN entry.rest IS NOT NULL THEN {rest} END AS rest_now,
        {additions} AS additions_untouched,
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
        entry.kept
    FROM {seed} AS seed
    LEFT JOIN {table} AS live ON {same_key}
    LEFT JOIN {entries} AS entry ON entry.table_id = %(table_id)s AND entry.key = {key}
    WHERE {nulls}
