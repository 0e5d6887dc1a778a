(pg_catalog.count(*) || ' ' || coalesce(pg_catalog.sum(pg_catalog.hashtidextended(live.ctid, (CAST(live.tableoid AS pg_catalog.int8) << 32)
    + CAST(CAST(live.xmin AS pg_catalog.text) AS pg_catalog.int8))), 0))
