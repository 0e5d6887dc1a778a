-- Count what there is to do.
SELECT
    pg_catalog.count(*) FILTER (WHERE compared.action = 1) AS inserts,
    pg_catalog.count(*) FILTER (WHERE compared.action = 1 AND compared.entered) AS returning,
    pg_catalog.count(*) FILTER (WHERE compared.writes) AS updates,
    pg_catalog.count(*) FILTER (WHERE {work}) AS work,
    pg_catalog.count(*) FILTER (WHERE {kept}) AS kept,
    pg_catalog.count(*) FILTER (WHERE compared.writes OR {kept}) AS touched,
    pg_catalog.count(*) FILTER (WHERE compared.action = 0 AND 4 = ANY (compared.states)) AS conflicts,
    pg_catalog.count(*) FILTER (WHERE compared.action = 0 AND NOT compared.entered) AS adopted,
    pg_catalog.count(*) FILTER (WHERE compared.action = 6) AS pending,
    pg_catalog.count(*) FILTER (
        WHERE compared.action IN (4, 5) OR (compared.action = 0 AND 6 = ANY (compared.states))) AS problems,
    pg_catalog.count(*) FILTER (
        WHERE compared.action IN (0, 1) AND NOT (compared.entered AND compared.owned)) AS entering
FROM {difference} AS compared
