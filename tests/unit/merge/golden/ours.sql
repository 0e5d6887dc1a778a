-- Whether we have written the live row version since the rows were compared. The difference was made in our
-- (sub)transaction; a trigger with an EXCEPTION block has one of its own, begun later, and like ours in progress. No
-- other transaction in progress can be seen.
(live.xmin = difference.xmin OR CASE
    WHEN pg_catalog.mod(CAST(CAST(live.xmin AS pg_catalog.text) AS pg_catalog.int8)
        - CAST(CAST(difference.xmin AS pg_catalog.text) AS pg_catalog.int8) + 4294967296, 4294967296) < 1000000
    THEN pg_catalog.pg_xact_status(CAST(CAST(
        -- Numbers of 32 bits in the epoch of the transaction that is under way.
        (SELECT CAST(CAST(pg_catalog.pg_current_xact_id() AS pg_catalog.text) AS pg_catalog.int8))
        + pg_catalog.mod(CAST(CAST(difference.xmin AS pg_catalog.text) AS pg_catalog.int8)
            - pg_catalog.mod((SELECT CAST(CAST(pg_catalog.pg_current_xact_id() AS pg_catalog.text) AS pg_catalog.int8)), 4294967296) + 4294967296, 4294967296)
        + pg_catalog.mod(CAST(CAST(live.xmin AS pg_catalog.text) AS pg_catalog.int8)
            - CAST(CAST(difference.xmin AS pg_catalog.text) AS pg_catalog.int8) + 4294967296, 4294967296)
        AS pg_catalog.text) AS pg_catalog.xid8)) = 'in progress'
    ELSE false
END)
