-- The rows of the seed file, each cell of its column's type. It goes with the transaction.
CREATE TEMPORARY TABLE {stage} (
    n pg_catalog.int4,
    line pg_catalog.int4,
    shape pg_catalog.int4,
    done pg_catalog.bool DEFAULT false,
    {columns}
) ON COMMIT DROP
