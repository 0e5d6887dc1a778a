-- Whether a compared row asks for a write, for a note in the ledger, or for an error.
("compared".action IN (1, 4, 5)
    OR ("compared".action = 0 AND ("compared".states && CAST('{1,2,4,5,6}' AS pg_catalog.int2[])
        -- Nothing of it is compared, and the ledger is to know it all the same.
        OR NOT "compared".entered))
    OR ("compared".action <> 6 AND NOT ("compared".listed AND "compared".owned)))
