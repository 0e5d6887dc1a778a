-- The rows of the seed file, each cell of its column's type. It goes with the transaction.
CREATE TEMPORARY TABLE {stage} (
    {own}
    {columns}
) ON COMMIT DROP
