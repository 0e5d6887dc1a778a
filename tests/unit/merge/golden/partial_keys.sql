-- The sets of columns in which no two rows of some part of the table are the same.
SELECT (
    SELECT pg_catalog.array_agg(CAST(a.attname AS pg_catalog.text))
    FROM pg_catalog.unnest(CAST(i.indkey AS pg_catalog.int2[])) WITH ORDINALITY AS k (attnum, place)
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
    WHERE k.place <= i.indnkeyatts)
FROM pg_catalog.pg_index AS i
WHERE i.indrelid = CAST(%(oid)s AS pg_catalog.oid) AND i.indisunique AND i.indisvalid
    AND i.indpred IS NOT NULL AND i.indexprs IS NULL
