-- Whether a cell of a compared row stays as it was before us, by `existing_rows: keep`.
("compared".action = 0 AND "compared".states && CAST('{5,7}' AS pg_catalog.int2[]))
