-- Whether a cell of a compared row was edited in the database and changed in the seed file, and stays.
({compared}.action = 0 AND {compared}.states && CAST('{{4,8}}' AS pg_catalog.int2[]))
