-- The table that a seed file names, as the catalogue describes it, and what the ledger knows of it.
--
-- One row, or none if there is no such table. `schemas` are the schemas in which an unqualified name is looked for, in
-- their order: the search path of the role, which is not in force here.
WITH target AS (
    SELECT c.oid, c.relname, c.relkind, c.relowner, n.nspname
    FROM pg_catalog.unnest(CAST(%(schemas)s AS pg_catalog.text[])) WITH ORDINALITY AS path (nspname, place)
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = path.nspname
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = %(name)s
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
    ORDER BY path.place
    LIMIT 1
)
SELECT
    -- In seconds, and first, so that it is nothing else that took the time: to ask for the size is to wait for whoever has
    -- the table for itself. The statement's snapshot is older than what that one has committed.
    pg_catalog.date_part('epoch', CASE WHEN pg_catalog.pg_relation_size(target.oid) >= 0 THEN
        pg_catalog.clock_timestamp() END - pg_catalog.statement_timestamp()) AS waited,
    target.nspname AS schema_name,
    target.relname AS table_name,
    target.relkind AS kind,
    CAST(target.oid AS pg_catalog.int8) AS oid,
    (SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
            'name', a.attname,
            'number', a.attnum,
            'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
            'type_oid', CAST(a.atttypid AS pg_catalog.int8),
            'type_schema', own.nspname,
            'type_name', t.typname,
            'element_schema', element_schema.nspname,
            'element_name', element.typname,
            'base', base.typname,
            'base_schema', base.nspname,
            'category', base.typcategory,
            'by_extension', base.by_extension,
            'not_null', a.attnotnull,
            'generated', a.attgenerated <> '',
            'identity', a.attidentity,
            'readable', pg_catalog.has_column_privilege(target.oid, a.attnum, 'SELECT'),
            -- What a migration filled in when it added the column with a default, as the text by which cells are
            -- compared: that is not the output of these types.
            'missing', CASE WHEN a.atthasmissing THEN (
                SELECT CASE
                    WHEN base.nspname <> 'pg_catalog' THEN filled.shown
                    WHEN base.typname = 'bool' THEN CASE filled.shown WHEN 't' THEN 'true' ELSE 'false' END
                    WHEN base.typname = 'bpchar' THEN pg_catalog.rtrim(filled.shown)
                    ELSE filled.shown
                END
                FROM (SELECT (CAST(CAST(a.attmissingval AS pg_catalog.text) AS pg_catalog.text[]))[1]) AS filled (shown)
            ) END,
            'sequence', CASE WHEN a.attidentity <> '' OR a.atthasdef THEN (
                SELECT CAST(source.sequence AS pg_catalog.int8)
                FROM (
                    -- An identity column draws from the sequence that belongs to it.
                    SELECT d.objid AS sequence
                    FROM pg_catalog.pg_depend AS d
                    WHERE a.attidentity <> '' AND d.classid = CAST('pg_catalog.pg_class' AS pg_catalog.regclass)
                        AND d.refclassid = d.classid AND d.refobjid = target.oid AND d.refobjsubid = a.attnum
                        AND d.deptype = 'i'
                    UNION ALL
                    -- Any other from the one that its default names, whoever owns that; and only if the default is that
                    -- call alone, for of a larger expression nobody knows what it makes of the value.
                    SELECT d.refobjid
                    FROM pg_catalog.pg_attrdef AS def
                    JOIN pg_catalog.pg_depend AS d
                        ON d.classid = CAST('pg_catalog.pg_attrdef' AS pg_catalog.regclass) AND d.objid = def.oid
                        AND d.refclassid = CAST('pg_catalog.pg_class' AS pg_catalog.regclass)
                    WHERE a.attidentity = '' AND def.adrelid = target.oid AND def.adnum = a.attnum
                        AND pg_catalog.textregexeq(pg_catalog.pg_get_expr(def.adbin, def.adrelid),
                            '^\(?nextval\(''([^'']|'''')*''::regclass\)\)?(::\w+)?$')
                ) AS source
                JOIN pg_catalog.pg_class AS s ON s.oid = source.sequence AND s.relkind = 'S'
                LIMIT 1) END,
            'equality', (
                -- The operator by which the type's default operator class takes two values for equal. Types that have
                -- none of their own share one: varchar that of text, each enum that of anyenum.
                SELECT pg_catalog.json_build_array(opn.nspname, o.oprname)
                FROM pg_catalog.pg_opclass AS class
                JOIN pg_catalog.pg_type AS input ON input.oid = class.opcintype
                JOIN pg_catalog.pg_am AS method ON method.oid = class.opcmethod
                JOIN pg_catalog.pg_amop AS amop ON amop.amopfamily = class.opcfamily
                    AND amop.amoplefttype = class.opcintype AND amop.amoprighttype = class.opcintype
                    AND amop.amopstrategy = CASE method.amname WHEN 'btree' THEN 3 ELSE 1 END
                JOIN pg_catalog.pg_operator AS o ON o.oid = amop.amopopr
                JOIN pg_catalog.pg_namespace AS opn ON opn.oid = o.oprnamespace
                WHERE class.opcdefault AND method.amname IN ('btree', 'hash')
                    AND (class.opcintype = base.oid OR class.opcintype = base.shared OR EXISTS (
                        SELECT FROM pg_catalog.pg_cast AS cast_to
                        WHERE cast_to.castsource = base.oid AND cast_to.casttarget = class.opcintype
                            AND cast_to.castmethod = 'b' AND cast_to.castcontext = 'i'))
                ORDER BY class.opcintype = base.oid DESC, input.typispreferred DESC, method.amname
                LIMIT 1),
            'collation', (
                SELECT pg_catalog.json_build_array(con.nspname, co.collname)
                FROM pg_catalog.pg_collation AS co
                JOIN pg_catalog.pg_namespace AS con ON con.oid = co.collnamespace
                WHERE co.oid = a.attcollation),
            'deterministic', coalesce((
                SELECT co.collisdeterministic FROM pg_catalog.pg_collation AS co WHERE co.oid = a.attcollation), true)
        ) ORDER BY a.attnum)
        FROM pg_catalog.pg_attribute AS a
        JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
        JOIN pg_catalog.pg_namespace AS own ON own.oid = t.typnamespace
        LEFT JOIN pg_catalog.pg_type AS element ON element.oid = t.typelem AND t.typcategory = 'A'
        LEFT JOIN pg_catalog.pg_namespace AS element_schema ON element_schema.oid = element.typnamespace
        CROSS JOIN LATERAL (
            WITH RECURSIVE underlying AS (
                SELECT d.oid, d.typname, d.typcategory, d.typnamespace, d.typtype, d.typbasetype, d.typelem
                FROM pg_catalog.pg_type AS d WHERE d.oid = a.atttypid
                UNION ALL
                SELECT d.oid, d.typname, d.typcategory, d.typnamespace, d.typtype, d.typbasetype, d.typelem
                FROM pg_catalog.pg_type AS d
                JOIN underlying AS u ON u.typtype = 'd' AND d.oid = u.typbasetype)
            SELECT u.oid, u.typname, u.typcategory, n.nspname,
                -- PostgreSQL 13 has no anymultirange.
                pg_catalog.to_regtype(CASE
                    WHEN u.typcategory = 'A' THEN 'pg_catalog.anyarray' WHEN u.typtype = 'e' THEN 'pg_catalog.anyenum'
                    WHEN u.typtype = 'r' THEN 'pg_catalog.anyrange' WHEN u.typtype = 'c' THEN 'pg_catalog.record'
                    WHEN u.typtype = 'm' THEN 'pg_catalog.anymultirange' END) AS shared,
                EXISTS (
                    SELECT FROM pg_catalog.pg_depend AS d
                    WHERE d.classid = CAST('pg_catalog.pg_type' AS pg_catalog.regclass)
                        AND d.objid = CASE WHEN u.typcategory = 'A' THEN u.typelem ELSE u.oid END
                        AND d.deptype = 'e') AS by_extension
            FROM underlying AS u
            JOIN pg_catalog.pg_namespace AS n ON n.oid = u.typnamespace
            WHERE u.typtype <> 'd'
        ) AS base
        WHERE a.attrelid = target.oid AND a.attnum > 0 AND NOT a.attisdropped
    ) AS columns,
    (SELECT pg_catalog.json_agg(a.attname ORDER BY k.place)
     FROM pg_catalog.pg_index AS i
     CROSS JOIN LATERAL pg_catalog.unnest(CAST(i.indkey AS pg_catalog.int2[])) WITH ORDINALITY AS k (attnum, place)
     JOIN pg_catalog.pg_attribute AS a ON a.attrelid = target.oid AND a.attnum = k.attnum
     WHERE i.indrelid = target.oid AND i.indisprimary AND k.place <= i.indnkeyatts) AS primary_key,
    -- The sets of columns in which no two rows are the same, NULL included.
    (SELECT pg_catalog.json_agg((
         SELECT pg_catalog.json_agg(a.attname)
         FROM pg_catalog.unnest(CAST(i.indkey AS pg_catalog.int2[])) WITH ORDINALITY AS k (attnum, place)
         JOIN pg_catalog.pg_attribute AS a ON a.attrelid = target.oid AND a.attnum = k.attnum
         WHERE k.place <= i.indnkeyatts))
     FROM pg_catalog.pg_index AS i
     WHERE i.indrelid = target.oid AND i.indisunique AND i.indisvalid
         AND i.indpred IS NULL AND i.indexprs IS NULL
         AND (coalesce(CAST(pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct' AS pg_catalog.bool), false)
             OR NOT EXISTS (
                 SELECT FROM pg_catalog.unnest(CAST(i.indkey AS pg_catalog.int2[])) WITH ORDINALITY AS k (attnum, place)
                 JOIN pg_catalog.pg_attribute AS a ON a.attrelid = target.oid AND a.attnum = k.attnum
                 WHERE k.place <= i.indnkeyatts AND NOT a.attnotnull))) AS unique_keys,
    -- Numbers of columns that are gone: the name of one may have come back as another column.
    (SELECT pg_catalog.json_agg(a.attnum) FROM pg_catalog.pg_attribute AS a
     WHERE a.attrelid = target.oid AND a.attnum > 0 AND a.attisdropped) AS dropped,
    EXISTS (SELECT FROM pg_catalog.pg_inherits AS i
            WHERE i.inhparent = target.oid AND target.relkind = 'r') AS inherited,
    -- A trigger that may make another row of the one that is inserted.
    EXISTS (SELECT FROM pg_catalog.pg_trigger AS g
            WHERE g.tgrelid IN (SELECT target.oid UNION ALL SELECT relid FROM pg_catalog.pg_partition_tree(target.oid))
                AND NOT g.tgisinternal AND g.tgtype & 1 = 1 AND g.tgtype & 2 = 2 AND g.tgtype & 4 = 4) AS altered_on_insert,
    known.*
FROM target
LEFT JOIN LATERAL ({registration}) AS known ON true
