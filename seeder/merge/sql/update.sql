-- Write the cells that are to be written, into the row versions that were compared: what somebody has changed since is
-- left as it is. It runs under the role's own search path, for its triggers.
WITH written AS (
    UPDATE {table} AS live
    SET {assignments}
    FROM {difference} AS difference
    JOIN {stage} AS seed ON seed.n OPERATOR(pg_catalog.=) difference.n
    WHERE difference.writes
        AND live.ctid OPERATOR(pg_catalog.=) difference.version
        AND live.tableoid OPERATOR(pg_catalog.=) difference.relation
        AND live.xmin OPERATOR(pg_catalog.=) difference.writer
    RETURNING coalesce({same_key}, false) AS same_key
)
SELECT pg_catalog.count(*) AS updated, pg_catalog.count(*) FILTER (WHERE NOT written.same_key) AS altered FROM written
