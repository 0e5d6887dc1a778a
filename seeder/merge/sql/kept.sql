-- Whether a compared row, or a cell of it, stays as somebody made it.
({compared}.action = 2 OR ({compared}.action = 0 AND {compared}.states && CAST('{{3,4,5,7,8}}' AS pg_catalog.int2[])))
