-- By which columns the rows of a table may be known: its unique indexes, the primary key first, and its columns that
-- say nothing of the row that they are in.
--
-- A column is `drawn` if it gets its value from a sequence or a random number. It is `opaque` if it is drawn, if it is a
-- UUID, or if its foreign keys lead to a column that is. `referred` are the columns that foreign keys of any table name.
WITH RECURSIVE column_of AS NOT MATERIALIZED (
    SELECT a.attrelid, a.attnum, a.attname, a.attnotnull, a.attgenerated <> '' AS generated,
        a.attidentity <> '' OR coalesce(a.attgenerated = '' AND pg_catalog.textregexeq(
            pg_catalog.lower(pg_catalog.pg_get_expr(def.adbin, def.adrelid)),
            '(nextval|uuid|ulid|ksuid|cuid|nanoid)[a-z0-9_]*"?\('), false) AS drawn,
        a.atttypid = CAST('pg_catalog.uuid' AS pg_catalog.regtype) AS is_uuid
    FROM pg_catalog.pg_attribute AS a
    LEFT JOIN pg_catalog.pg_attrdef AS def ON def.adrelid = a.attrelid AND def.adnum = a.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped
), walk AS (
    SELECT a.attnum AS origin, a.attrelid AS relation, a.attnum
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = CAST(%(table)s AS pg_catalog.oid) AND a.attnum > 0 AND NOT a.attisdropped
    UNION
    SELECT walk.origin, con.confrelid, con.confkey[place]
    FROM walk
    JOIN pg_catalog.pg_constraint AS con ON con.conrelid = walk.relation AND con.contype = 'f'
    CROSS JOIN LATERAL pg_catalog.generate_subscripts(con.conkey, 1) AS place
    WHERE con.conkey[place] = walk.attnum
), own AS (
    SELECT c.attnum, c.attname, c.attnotnull, c.generated, c.drawn, EXISTS (
        SELECT FROM walk
        JOIN column_of AS reached ON reached.attrelid = walk.relation AND reached.attnum = walk.attnum
        WHERE walk.origin = c.attnum AND (reached.drawn OR reached.is_uuid)) AS opaque, EXISTS (
        SELECT FROM pg_catalog.pg_constraint AS con
        WHERE con.conrelid = c.attrelid AND con.contype = 'f' AND c.attnum = ANY (con.conkey)) AS refers, EXISTS (
        SELECT FROM pg_catalog.pg_constraint AS con
        WHERE con.confrelid = c.attrelid AND con.contype = 'f' AND c.attnum = ANY (con.confkey)) AS referred
    FROM column_of AS c
    WHERE c.attrelid = CAST(%(table)s AS pg_catalog.oid)
)
SELECT
    (SELECT pg_catalog.json_agg(own.attname) FROM own WHERE own.drawn) AS drawn,
    (SELECT pg_catalog.json_agg(own.attname) FROM own WHERE own.opaque) AS opaque,
    (SELECT pg_catalog.json_agg(own.attname) FROM own WHERE own.referred) AS referred,
    (SELECT pg_catalog.json_agg(own.attname) FROM own WHERE own.refers) AS refers,
    (SELECT pg_catalog.json_agg(unique_key.names ORDER BY unique_key.indisprimary DESC, unique_key.places)
     FROM (
        SELECT i.indisprimary, pg_catalog.json_agg(own.attname ORDER BY k.place) AS names,
            pg_catalog.array_agg(own.attnum ORDER BY k.place) AS places
        FROM pg_catalog.pg_index AS i
        CROSS JOIN LATERAL pg_catalog.unnest(CAST(i.indkey AS pg_catalog.int2[])) WITH ORDINALITY AS k (attnum, place)
        JOIN own ON own.attnum = k.attnum
        WHERE i.indrelid = CAST(%(table)s AS pg_catalog.oid) AND i.indisunique AND i.indisvalid
            AND i.indpred IS NULL AND i.indexprs IS NULL AND k.place <= i.indnkeyatts
        GROUP BY i.indexrelid, i.indisprimary
        HAVING pg_catalog.bool_and(own.attnotnull AND NOT own.generated)
     ) AS unique_key) AS keys
