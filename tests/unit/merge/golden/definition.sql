-- What the comparison of a table rests on beside its rows: a digest of the definitions of the table and of all that
-- inherit from it, NULL if equal row versions do not prove equal texts; and how many blocks they have.
--
-- Only heap tables number their row versions as the proof needs it: the `xmin` of a foreign partition is 0. The text of
-- an enum's value, of a domain's, a composite's or an extension's, and of what shows another object's name, changes
-- while the row stays as it is, so that only columns of these types are proved.
WITH RECURSIVE members AS (
    SELECT CAST("root"."oid" AS pg_catalog.oid) AS oid
    UNION
    SELECT i.inhrelid FROM members JOIN pg_catalog.pg_inherits AS i ON i.inhparent = members.oid
)
SELECT
    CASE WHEN pg_catalog.bool_and(
        CASE c.relkind WHEN 'p' THEN true WHEN 'r' THEN method.amname = 'heap' ELSE false END AND columns.provable)
        AND NOT pg_catalog.row_security_active(CAST("root"."oid" AS pg_catalog.oid))
        AND pg_catalog.has_table_privilege(CAST("root"."oid" AS pg_catalog.oid), 'SELECT')
    THEN pg_catalog.encode(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.string_agg(
        pg_catalog.concat_ws(E'\n',
            c.oid, c.relkind, c.relam, columns.text,
            CASE WHEN c.relhasindex THEN (
                SELECT pg_catalog.string_agg(CAST(ROW(
                        i.indexrelid, CAST(i.indkey AS pg_catalog.text), i.indnkeyatts, i.indisunique, i.indisprimary,
                        i.indisvalid, i.indpred IS NULL, i.indexprs IS NULL
                    ) AS pg_catalog.text), '' ORDER BY i.indexrelid)
                FROM pg_catalog.pg_index AS i WHERE i.indrelid = c.oid) END,
            CASE WHEN c.relhastriggers THEN (
                SELECT pg_catalog.string_agg(
                    CAST(ROW(g.oid, g.tgfoid, g.tgtype, g.tgenabled) AS pg_catalog.text), '' ORDER BY g.oid)
                FROM pg_catalog.pg_trigger AS g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal) END,
            CASE WHEN c.relhasrules THEN (
                SELECT pg_catalog.string_agg(
                    CAST(ROW(r.oid, r.ev_type, r.ev_enabled) AS pg_catalog.text), '' ORDER BY r.oid)
                FROM pg_catalog.pg_rewrite AS r WHERE r.ev_class = c.oid) END
        ), E'\n\n' ORDER BY c.oid), 'UTF8')), 1, 16), 'hex') END AS definition,
    pg_catalog.sum(CASE c.relkind WHEN 'r' THEN pg_catalog.pg_relation_size(c.oid) END)
        / CAST(pg_catalog.current_setting('block_size') AS pg_catalog.int8) AS blocks
FROM members
-- Each by the index: the planner takes them for many.
CROSS JOIN LATERAL (SELECT * FROM pg_catalog.pg_class AS own WHERE own.oid = members.oid OFFSET 0) AS c
LEFT JOIN pg_catalog.pg_am AS method ON method.oid = c.relam
CROSS JOIN LATERAL (
    SELECT
        coalesce(pg_catalog.bool_and(a.attisdropped OR (
            t.typnamespace = CAST('pg_catalog' AS pg_catalog.regnamespace)
            AND coalesce(element.typname, t.typname) = ANY (CAST(ARRAY[
                'bit', 'bool', 'box', 'bpchar', 'bytea', 'char', 'cidr', 'circle', 'date', 'datemultirange', 'daterange',
                'float4', 'float8', 'inet', 'int2', 'int4', 'int4multirange', 'int4range', 'int8', 'int8multirange',
                'int8range', 'interval', 'json', 'jsonb', 'jsonpath', 'line', 'lseg', 'macaddr', 'macaddr8', 'name',
                'numeric', 'nummultirange', 'numrange', 'oid', 'path', 'pg_lsn', 'point', 'polygon', 'text', 'time',
                'timestamp', 'timestamptz', 'timetz', 'tsmultirange', 'tsquery', 'tsrange', 'tstzmultirange',
                'tstzrange', 'tsvector', 'uuid', 'varbit', 'varchar', 'xml'
            ] AS pg_catalog.name[]))
            AND coalesce(co.collisdeterministic, true))), true) AS provable,
        pg_catalog.string_agg(CAST(ROW(
                a.attnum, a.attname, a.atttypid, a.atttypmod, a.attcollation, a.attnotnull, a.atthasdef, a.attgenerated,
                a.attidentity, a.attisdropped, CAST(a.attmissingval AS pg_catalog.text)
            ) AS pg_catalog.text), '' ORDER BY a.attnum) AS text
    FROM pg_catalog.pg_attribute AS a
    LEFT JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
    LEFT JOIN pg_catalog.pg_type AS element ON element.oid = t.typelem AND t.typcategory = 'A'
    LEFT JOIN pg_catalog.pg_collation AS co ON co.oid = a.attcollation
    WHERE a.attrelid = c.oid AND a.attnum > 0
) AS columns
