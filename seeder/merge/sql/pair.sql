    SELECT
        seed.n,
        seed.shape,
        live.ctid AS version,
        live.tableoid AS relation,
        live.xmin AS writer,
        {key} AS key,
        {desired} AS desired,
        {live} AS live,
        {named} AS named,
        {slots} AS slots,
        {rest} AS rest_now,
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
