-- Whether there is nothing to do for a seed row that has a live row: the two are the same, bit for bit, in the cells that
-- are compared, and the ledger knows each of these cells as the seed file desires it.
CASE
    WHEN NOT {same_image} THEN false
    WHEN NOT %(has_ledger)s THEN true
    WHEN entry.key IS NULL THEN false
    ELSE entry.seeder_id = %(seeder_id)s AND entry.retired IS NULL AND entry.stored IS NULL AND entry.kept IS NULL AND CASE
        -- The entry was written together with the row version, after the row was read back, and `rest` tells that all of
        -- its cells were. So the row stands as the entry says, which is as the seed file says. Numbers of transactions
        -- mean nothing after a restore, nor do they tell of migrations that rename a column or alter its type. The
        -- registration that follows on either is newer than any entry from before. And a restore in one transaction
        -- makes the ledger as old as its entries.
        WHEN entry.xmin = live.xmin AND entry.rest IS NOT NULL AND %(trusted)s
            AND pg_catalog.age(entry.xmin) <= (SELECT pg_catalog.age(t.xmin) FROM {tables} AS t WHERE t.id = %(table_id)s)
            AND pg_catalog.age(entry.xmin) < (SELECT pg_catalog.age(form.xmin) FROM {form} AS form)
            THEN {known}
        ELSE {as_desired}
    END
END
