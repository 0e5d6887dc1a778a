(pg_catalog.count(*) || ' ' || coalesce(pg_catalog.sum({place}, (CAST(live.tableoid AS pg_catalog.int8) << 32)
    + CAST(CAST(live.xmin AS pg_catalog.text) AS pg_catalog.int8))), 0))
