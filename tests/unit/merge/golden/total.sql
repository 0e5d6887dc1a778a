-- The number of row versions of `live`, and the sum of a hash of each one's place and writer. No cast makes a number of
-- `xmin`, and its text would cost more than all else. Its distance from a fixed transaction, in 32 bits, is as good.
(pg_catalog.count(*) || ' ' || coalesce(pg_catalog.sum(pg_catalog.hashtidextended(live.ctid, pg_catalog.hashoidextended(live.tableoid,
    ((SELECT CAST(pg_catalog.age(CAST('3' AS pg_catalog.xid)) AS pg_catalog.int8)) - pg_catalog.age(live.xmin)) & 4294967295
))), 0))
