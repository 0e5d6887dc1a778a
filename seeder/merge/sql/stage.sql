-- The rows of the seed file, each cell of its column's type. It goes with the transaction.
CREATE TEMPORARY TABLE {stage} (
    n pg_catalog.int4 {numbered},
    shape pg_catalog.int4 DEFAULT 0,
    done pg_catalog.bool DEFAULT false,
    {columns}
) ON COMMIT DROP
