-- Compare, keep the rows that ask for work, or that stay as somebody made them, and count what there is to do. `state` is
-- that of the tables in the snapshot of the comparison.
WITH compared AS (
    INSERT INTO {difference}
        (n, shape, action, states, writes, version, relation, writer, listed, owned, entered, holder, as_left, key)
    SELECT
        compared.n, compared.shape, compared.action, compared.states,
        compared.action = 0 AND 1 = ANY (compared.states),
        compared.version, compared.relation, compared.writer,
        compared.listed, compared.owned, compared.entered, compared.holder, compared.as_left, compared.key
    FROM ({compare}) AS compared
    WHERE {work} OR {kept} OR compared.action = 6
    RETURNING action, states, writes, listed, owned, entered
)
SELECT
    pg_catalog.count(*) FILTER (WHERE compared.action = 1) AS inserts,
    pg_catalog.count(*) FILTER (WHERE compared.action = 1 AND compared.entered) AS returning,
    pg_catalog.count(*) FILTER (WHERE compared.writes) AS updates,
    pg_catalog.count(*) FILTER (WHERE {work}) AS work,
    pg_catalog.count(*) FILTER (WHERE {kept}) AS kept,
    pg_catalog.count(*) FILTER (WHERE {kept_existing}) AS kept_existing,
    pg_catalog.count(*) FILTER (WHERE compared.writes OR {kept}) AS touched,
    pg_catalog.count(*) FILTER (WHERE {conflicting}) AS conflicts,
    pg_catalog.count(*) FILTER (WHERE compared.action = 0 AND NOT compared.entered) AS adopted,
    pg_catalog.count(*) FILTER (WHERE compared.action = 0 AND 5 = ANY (compared.states)) AS adopts_cells,
    pg_catalog.count(*) FILTER (WHERE compared.action = 6) AS pending,
    pg_catalog.count(*) FILTER (
        WHERE compared.action IN (4, 5) OR (compared.action = 0 AND 6 = ANY (compared.states))) AS problems,
    pg_catalog.count(*) FILTER (
        WHERE compared.action IN (0, 1) AND NOT (compared.entered AND compared.owned)) AS entering,
    {state} AS state
FROM compared
