-- What the transaction has written so far, by the database's own counters: rows inserted, updated and deleted in every
-- table but temporary ones and the ledger's. The counters may begin before the transaction, so that only differences mean
-- anything. A transaction, and each savepoint in it, that has written something holds a lock on its own number: of the
-- transaction's number alone a dry run could not tell, for all its seeders share it.
SELECT
    CAST(coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid)), 0) AS pg_catalog.int8),
    CAST(coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_xact_tuples_updated(c.oid)), 0) AS pg_catalog.int8),
    CAST(coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid)), 0) AS pg_catalog.int8),
    (SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks AS l
        WHERE l.locktype = 'transactionid' AND l.pid = pg_catalog.pg_backend_pid() AND l.mode = 'ExclusiveLock'),
    pg_catalog.transaction_timestamp()
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'r'
    AND n.nspname NOT IN ('pg_catalog', 'information_schema', %(ledger)s)
    AND pg_catalog.textregexeq(CAST(n.nspname AS pg_catalog.text), '^pg_(toast|temp)') IS FALSE
