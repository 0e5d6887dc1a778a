-- What the proof rests on: of each seeder in `asked`, a digest of all that a comparison reads in the database; NULL if
-- nothing can be proved.
--
-- Rows are neither read nor compared: each row version is told by its place and its writer, and the sum over a table
-- is another one as soon as one version came or went. VACUUM, FREEZE, a rollback and FOR UPDATE leave it as it is.
-- The sums are asked by `ts_stat`, which runs a query that is given as text, in this statement's own snapshot: which
-- tables there are is known only now. Their names come from the catalogue.
WITH asked AS (
SELECT CAST(%(seeder_id)s AS pg_catalog.int4) AS seeder_id, CAST(%(seeder)s AS pg_catalog.text) AS seeder, CAST(%(proof_tables)s AS pg_catalog.jsonb) AS tables
), named AS (
    -- The seeder's table, and those that its `!ref` name, each by its schema, or NULL, and its name.
    SELECT asked.seeder_id, each.place, found.oid, found.nspname, found.relname
    FROM asked
    CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(asked.tables) WITH ORDINALITY AS each (name, place)
    LEFT JOIN LATERAL (
        SELECT c.oid, n.nspname, c.relname
        FROM pg_catalog.unnest(CASE WHEN each.name ->> 0 IS NULL
            THEN CAST(%(schemas)s AS pg_catalog.text[])
            ELSE ARRAY[each.name ->> 0] END) WITH ORDINALITY AS path (nspname, place)
        JOIN pg_catalog.pg_namespace AS n ON n.nspname = path.nspname
        JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = each.name ->> 1
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
        ORDER BY path.place
        LIMIT 1
    ) AS found ON true
), registered AS (
    SELECT named.seeder_id, t.id, CAST(ROW(t.*) AS pg_catalog.text) AS registration
    FROM named
    JOIN "seeder"."seeder_tables" AS t
        ON (t.schema_name = named.nspname AND t.table_name = named.relname) OR t.relation = named.oid
    WHERE named.place = 1
), entered AS (
    SELECT registration.id, entries.count, entries.sum
    FROM (SELECT DISTINCT registered.id FROM registered) AS registration
    CROSS JOIN LATERAL (
        SELECT
            pg_catalog.count(*) AS count,
            -- The number of row versions of `live`, and the sum of a hash of each one's place and writer. No cast makes a number of
-- `xmin`, and its text would cost more than all else. Its distance from a fixed transaction, in 32 bits, is as good.
(pg_catalog.count(*) || ' ' || coalesce(pg_catalog.sum(pg_catalog.hashtidextended(live.ctid, pg_catalog.hashoidextended(live.tableoid,
    ((SELECT CAST(pg_catalog.age(CAST('3' AS pg_catalog.xid)) AS pg_catalog.int8)) - pg_catalog.age(live.xmin)) & 4294967295
))), 0)) AS sum
        FROM "seeder"."seeder_rows" AS live
        WHERE live.table_id = registration.id
    ) AS entries
), ledger AS (
    SELECT
        asked.seeder_id,
        coalesce(pg_catalog.sum(entered.count), 0) AS entries,
        pg_catalog.string_agg(registered.registration || entered.sum, E'\n' ORDER BY registered.id) AS ledger
    FROM asked
    LEFT JOIN registered ON registered.seeder_id = asked.seeder_id
    LEFT JOIN entered ON entered.id = registered.id
    GROUP BY asked.seeder_id
), roots AS (
    SELECT root.oid, root.nspname, root.relname, described.definition, described.blocks <= 100 + root.entries AS small
    FROM (
        SELECT named.oid, named.nspname, named.relname, pg_catalog.max(ledger.entries) AS entries
        FROM named
        JOIN ledger ON ledger.seeder_id = named.seeder_id
        WHERE named.oid IS NOT NULL
        GROUP BY named.oid, named.nspname, named.relname
    ) AS root
    CROSS JOIN LATERAL (
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
    ) AS described
), summed AS (
    -- A table with many more rows than the seeder's is not summed: comparing these few costs less.
    SELECT roots.oid, roots.definition, found.word AS sum
    FROM roots
    LEFT JOIN LATERAL pg_catalog.ts_stat(
        CASE WHEN roots.definition IS NOT NULL AND roots.small
            AND pg_catalog.has_schema_privilege(roots.nspname, 'USAGE')
        THEN pg_catalog.format('SELECT pg_catalog.array_to_tsvector(ARRAY[-- The number of row versions of `live`, and the sum of a hash of each one''s place and writer. No cast makes a number of
-- `xmin`, and its text would cost more than all else. Its distance from a fixed transaction, in 32 bits, is as good.
(pg_catalog.count(*) || '' '' || coalesce(pg_catalog.sum(pg_catalog.hashtidextended(live.ctid, pg_catalog.hashoidextended(live.tableoid,
    ((SELECT CAST(pg_catalog.age(CAST(''3'' AS pg_catalog.xid)) AS pg_catalog.int8)) - pg_catalog.age(live.xmin)) & 4294967295
))), 0))]) FROM %%I.%%I AS live', roots.nspname, roots.relname)
        ELSE 'SELECT CAST(NULL AS pg_catalog.tsvector) WHERE false' END
    ) AS found ON true
), surroundings AS (
    SELECT
        pg_catalog.concat_ws(' ',
            pg_catalog.current_setting('server_version_num'), cluster.word, d.oid, r.oid,
            CAST(CAST('"seeder"."seeder_form"' AS pg_catalog.regclass) AS pg_catalog.oid), (SELECT form.form FROM "seeder"."seeder_form" AS form)
        ) AS text,
        -- A restored ledger knows nothing, and in another cluster all numbers may be as they were.
        cluster.word IS NOT NULL AND EXISTS (
            SELECT FROM pg_catalog.pg_class AS c
            JOIN pg_catalog.pg_am AS method ON method.oid = c.relam
            WHERE c.oid = CAST('"seeder"."seeder_form"' AS pg_catalog.regclass) AND method.amname = 'heap') AS known
    FROM pg_catalog.pg_database AS d
    JOIN pg_catalog.pg_roles AS r ON r.rolname = current_user
    LEFT JOIN LATERAL pg_catalog.ts_stat(
        CASE WHEN pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')
        THEN 'SELECT pg_catalog.array_to_tsvector(ARRAY[CAST(system_identifier AS pg_catalog.text)]) FROM pg_catalog.pg_control_system()'
        ELSE 'SELECT CAST(NULL AS pg_catalog.tsvector) WHERE false' END
    ) AS cluster ON true
    WHERE d.datname = pg_catalog.current_database()
), told AS (
    SELECT
        named.seeder_id,
        pg_catalog.bool_and(summed.sum IS NOT NULL) AS complete,
        pg_catalog.string_agg(summed.oid || ' ' || summed.definition || ' ' || summed.sum, E'\n'
            ORDER BY named.place) AS text,
        pg_catalog.array_agg(summed.definition ORDER BY named.place) AS definitions
    FROM named
    LEFT JOIN summed ON summed.oid = named.oid
    GROUP BY named.seeder_id
)
SELECT
    asked.seeder_id,
    CASE WHEN surroundings.known AND coalesce(told.complete, true) THEN
        pg_catalog.encode(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to(
            pg_catalog.concat_ws(E'\n', surroundings.text, asked.seeder_id, asked.seeder, ledger.ledger, told.text),
        'UTF8')), 1, 16), 'hex')
    END AS state,
    told.definitions
FROM asked
JOIN ledger ON ledger.seeder_id = asked.seeder_id
CROSS JOIN surroundings
LEFT JOIN told ON told.seeder_id = asked.seeder_id
