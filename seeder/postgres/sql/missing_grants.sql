-- The GRANTs that the role lacks for tables of these names, in the first of these schemas that has each. A statement that
-- may be missed for nothing is not certain: of a column that the role can use already, and of an identity column's sequence.
-- It counts if what PostgreSQL said names the table or the sequence. The ledger's own sequences are drawn from by identity
-- columns alone, which takes no privilege.
WITH path AS (
    SELECT n.oid, n.nspname, path.place
    FROM pg_catalog.unnest(CAST(%(schemas)s AS pg_catalog.text[])) WITH ORDINALITY AS path (nspname, place)
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = path.nspname
), tables AS (
    SELECT DISTINCT ON (c.relname) c.oid, c.relname, path.oid AS schema_oid, path.nspname
    FROM path
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = path.oid
        AND c.relname = ANY (CAST(%(names)s AS pg_catalog.text[])) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    ORDER BY c.relname, path.place
), lacking AS (
    SELECT 1 AS place, true AS certain, false AS named,
        pg_catalog.format('GRANT CREATE ON SCHEMA %%I TO %%I', path.nspname, current_user) AS statement
    FROM path
    WHERE %(create)s AND path.place = 1 AND NOT EXISTS (SELECT FROM tables)
        AND NOT pg_catalog.has_schema_privilege(path.oid, 'CREATE')
    UNION ALL
    SELECT 2, true, false, pg_catalog.format('GRANT USAGE ON SCHEMA %%I TO %%I', t.nspname, current_user)
    FROM tables AS t
    WHERE NOT pg_catalog.has_schema_privilege(t.schema_oid, 'USAGE')
    UNION ALL
    SELECT 3, whole.certain, pg_catalog.strpos(%(said)s, CAST(t.relname AS pg_catalog.text)) > 0,
        CASE
            WHEN %(all)s THEN pg_catalog.format('GRANT %%s ON ALL TABLES IN SCHEMA %%I TO %%I',
                pg_catalog.array_to_string(CAST(%(privileges)s AS pg_catalog.text[]), ', '), t.nspname, current_user)
            ELSE pg_catalog.format('GRANT %%s ON %%I.%%I TO %%I',
                pg_catalog.string_agg(p.privilege, ', ' ORDER BY p.place), t.nspname, t.relname, current_user)
        END
    FROM tables AS t
    CROSS JOIN pg_catalog.unnest(CAST(%(privileges)s AS pg_catalog.text[])) WITH ORDINALITY AS p (privilege, place)
    CROSS JOIN LATERAL (
        SELECT CASE WHEN p.privilege = 'DELETE' THEN true
            ELSE NOT pg_catalog.has_any_column_privilege(t.oid, p.privilege) END
    ) AS whole (certain)
    WHERE NOT pg_catalog.has_table_privilege(t.oid, p.privilege)
    GROUP BY t.oid, t.nspname, t.relname, whole.certain
    UNION ALL
    SELECT 4, a.attidentity = '', pg_catalog.strpos(%(said)s, CAST(s.relname AS pg_catalog.text)) > 0,
        pg_catalog.format('GRANT USAGE, UPDATE ON SEQUENCE %%I.%%I TO %%I', n.nspname, s.relname, current_user)
    FROM tables AS t
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_catalog.pg_attrdef AS def ON def.adrelid = t.oid AND def.adnum = a.attnum
    JOIN pg_catalog.pg_depend AS d ON d.deptype = 'i' AND a.attidentity <> ''
            AND d.refclassid = CAST('pg_catalog.pg_class' AS pg_catalog.regclass)
            AND d.refobjid = t.oid AND d.refobjsubid = a.attnum
        OR d.classid = CAST('pg_catalog.pg_attrdef' AS pg_catalog.regclass) AND d.objid = def.oid
            AND d.refclassid = CAST('pg_catalog.pg_class' AS pg_catalog.regclass)
    JOIN pg_catalog.pg_class AS s ON s.relkind = 'S'
        AND s.oid = CASE WHEN d.deptype = 'i' THEN d.objid ELSE d.refobjid END
    JOIN pg_catalog.pg_namespace AS n ON n.oid = s.relnamespace
    WHERE NOT %(all)s AND 'INSERT' = ANY (CAST(%(privileges)s AS pg_catalog.text[])) AND NOT (
        pg_catalog.has_sequence_privilege(s.oid, 'USAGE') AND pg_catalog.has_sequence_privilege(s.oid, 'UPDATE'))
)
SELECT statement, pg_catalog.bool_or(certain) AS certain, pg_catalog.bool_or(named) AS named
FROM lacking
GROUP BY place, statement
ORDER BY place, statement
