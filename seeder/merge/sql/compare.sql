-- Compare the rows of the seed file with the table and with the ledger, and say what becomes of each.
--
-- `seed` holds the rows of the seed file. A pair is a seed row and the live row with its key, or none. Of each pair:
-- `action`, what becomes of the row, and `states`, what becomes of its cells, as numbers that comparison.py names.
-- The arrays `desired` and `live` hold the text of each cell, in the order of the parameters `slots` and
-- `insert_only`; a slot is where the ledger has the digests of a cell.
{with_seed}pairs AS (
{pairs}
), judged AS (
    SELECT
        pairs.*,{shipped_cells}
        CASE WHEN pairs.settled THEN false ELSE {as_left} END AS as_left,
        CASE
            WHEN NOT pairs.owned AND pairs.listed AND pairs.holder <> ALL (CAST(%(former)s AS pg_catalog.int4[])) THEN
                CASE WHEN EXISTS (
                    SELECT FROM {seeders} AS s
                    JOIN {applications} AS a ON a.id = s.application_id
                    WHERE s.id = pairs.holder AND a.name = %(application)s
                        AND s.name = ANY (CAST(%(pending)s AS pg_catalog.text[])))
                THEN 6 ELSE 5 END
            WHEN pairs.version IS NULL AND pairs.holder IS NOT NULL AND %(keep_deleted)s THEN 2
            WHEN pairs.version IS NULL THEN 1
            WHEN %(insert_only_rows)s THEN 3
            WHEN NOT pairs.entered AND %(refuse_existing)s{unless_shipped} THEN 4
            ELSE 0
        END AS action
    FROM pairs{shipped}
    OFFSET 0
)
SELECT
    judged.n, judged.shape, judged.action,
    CASE WHEN judged.action = 0 AND NOT judged.settled THEN ({states}) ELSE '{{}}' END AS states,
    judged.version, judged.relation, judged.writer,
    judged.listed, judged.owned, judged.entered, judged.holder, judged.as_left, judged.key
FROM judged
