-- Who else holds an advisory lock in this database, as far as the role may see. `high` and `low` are the halves of its key.
SELECT l.pid, a.application_name
FROM pg_catalog.pg_locks AS l
JOIN pg_catalog.pg_database AS d ON d.oid = l.database
LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND d.datname = pg_catalog.current_database()
    AND l.pid <> pg_catalog.pg_backend_pid()
    AND CAST(l.classid AS pg_catalog.int8) = %(high)s AND CAST(l.objid AS pg_catalog.int8) = %(low)s
