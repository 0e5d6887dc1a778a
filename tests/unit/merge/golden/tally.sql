-- Count what there is to do.
SELECT
    pg_catalog.count(*) FILTER (WHERE compared.action = 1) AS inserts,
    pg_catalog.count(*) FILTER (WHERE compared.action = 1 AND compared.entered) AS returning,
    pg_catalog.count(*) FILTER (WHERE compared.writes) AS updates,
    pg_catalog.count(*) FILTER (WHERE -- Whether a compared row asks for a write, for a note in the ledger, or for an error.
("compared".action IN (1, 4, 5)
    OR ("compared".action = 0 AND ("compared".states && CAST('{1,2,4,5,6}' AS pg_catalog.int2[])
        -- Nothing of it is compared, and the ledger is to know it all the same.
        OR NOT "compared".entered))
    OR ("compared".action <> 6 AND NOT ("compared".listed AND "compared".owned)))) AS work,
    pg_catalog.count(*) FILTER (WHERE -- Whether a compared row, or a cell of it, stays as somebody made it.
("compared".action = 2 OR ("compared".action = 0 AND "compared".states && CAST('{3,4,5}' AS pg_catalog.int2[])))) AS kept,
    pg_catalog.count(*) FILTER (WHERE compared.writes OR -- Whether a compared row, or a cell of it, stays as somebody made it.
("compared".action = 2 OR ("compared".action = 0 AND "compared".states && CAST('{3,4,5}' AS pg_catalog.int2[])))) AS touched,
    pg_catalog.count(*) FILTER (WHERE compared.action = 0 AND 4 = ANY (compared.states)) AS conflicts,
    pg_catalog.count(*) FILTER (WHERE compared.action = 0 AND NOT compared.entered) AS adopted,
    pg_catalog.count(*) FILTER (WHERE compared.action = 6) AS pending,
    pg_catalog.count(*) FILTER (
        WHERE compared.action IN (4, 5) OR (compared.action = 0 AND 6 = ANY (compared.states))) AS problems,
    pg_catalog.count(*) FILTER (
        WHERE compared.action IN (0, 1) AND NOT (compared.entered AND compared.owned)) AS entering
FROM "pg_temp"."seeder_difference_2" AS compared
