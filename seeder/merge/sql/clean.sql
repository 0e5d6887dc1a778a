-- Ask, in one statement and without a write, whether there is nothing to do.
{with_seed}compared AS ({compare})
SELECT
    pg_catalog.count(*) AS total,
    pg_catalog.count(*) FILTER (WHERE {work}) AS work,
    pg_catalog.count(*) FILTER (WHERE {kept}) AS kept,
    pg_catalog.count(*) FILTER (WHERE {kept_existing}) AS kept_existing,
    pg_catalog.count(*) FILTER (WHERE {conflicting}) AS conflicts,
    pg_catalog.count(*) FILTER (WHERE compared.action = 6) AS pending,
    pg_catalog.count(*) FILTER (WHERE compared.entered AND compared.owned AND compared.listed) AS held,
    EXISTS (SELECT FROM seed GROUP BY {keys} HAVING pg_catalog.count(*) > 1) AS doubled,
    EXISTS (SELECT FROM seed WHERE NOT seed.resolved) AS unresolved,
    {entries} AS entries,
    {unlisted} AS unlisted,
    {state} AS state
FROM compared
