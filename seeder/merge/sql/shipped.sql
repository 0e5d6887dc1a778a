    -- The rows of the seed file whose live row is as an earlier release shipped it: all that this release listed of it
    -- stands as it did then. `cells` says of each cell whether such a release listed it.
    SELECT seed.n, CAST(ARRAY[{listed}] AS pg_catalog.bool[]) AS cells
    FROM {seed} AS seed
    JOIN {table} AS live ON {same_key}
    JOIN {history} AS shipped ON {shipped_key}
    WHERE {nulls} AND {as_shipped}
    GROUP BY seed.n
