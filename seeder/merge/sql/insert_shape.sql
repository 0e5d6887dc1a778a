-- The rows that name the same columns, of those that are to be inserted.
inserted_{number} AS (
    INSERT INTO {table} ({columns}) {overriding}
    SELECT {values}
    FROM {difference} AS difference
    JOIN {stage} AS seed ON seed.n OPERATOR(pg_catalog.=) difference.n
    WHERE difference.action OPERATOR(pg_catalog.=) 1 AND difference.shape OPERATOR(pg_catalog.=) {shape}
    ORDER BY difference.n
    RETURNING {key}
)
