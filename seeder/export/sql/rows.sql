-- The rows that are exported, each cell as its text, in the order of the key. The condition sees no table but its own.
COPY (
    SELECT {cells}
    FROM (SELECT {columns} FROM {table} WHERE {condition}) AS live {joins}
    ORDER BY {order}
) TO STDOUT
