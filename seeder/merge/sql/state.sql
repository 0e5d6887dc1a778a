-- What the proof rests on: of each seeder in `asked`, a digest of all that a comparison reads in the database; NULL if
-- nothing can be proved.
--
-- Rows are neither read nor compared: each row version is told by its place and its writer, and the sum over a table
-- is another one as soon as one version came or went. VACUUM, FREEZE, a rollback and FOR UPDATE leave it as it is.
-- The sums are asked by `ts_stat`, which runs a query that is given as text, in this statement's own snapshot: which
-- tables there are is known only now. Their names come from the catalogue.
WITH asked AS (
{asked}
), named AS (
    -- The seeder's table, and those that its `!ref` name, each by its schema, or NULL, and its name.
    SELECT asked.seeder_id, each.place, found.oid, found.nspname, found.relname
    FROM asked
    CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(asked.tables) WITH ORDINALITY AS each (name, place)
    LEFT JOIN LATERAL (
        SELECT c.oid, n.nspname, c.relname
        FROM pg_catalog.unnest(CASE WHEN each.name ->> 0 IS NULL
            THEN {schemas}
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
    JOIN {tables} AS t
        ON (t.schema_name = named.nspname AND t.table_name = named.relname) OR t.relation = named.oid
    WHERE named.place = 1
), entered AS (
    SELECT registration.id, entries.count, entries.sum
    FROM (SELECT DISTINCT registered.id FROM registered) AS registration
    CROSS JOIN LATERAL (
        SELECT
            pg_catalog.count(*) AS count,
            {total} AS sum
        FROM {rows} AS live
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
{definition}
    ) AS described
), summed AS (
    -- A table with many more rows than the seeder's is not summed: comparing these few costs less.
    SELECT roots.oid, roots.definition, found.word AS sum
    FROM roots
    LEFT JOIN LATERAL pg_catalog.ts_stat(
        CASE WHEN roots.definition IS NOT NULL AND roots.small
            AND pg_catalog.has_schema_privilege(roots.nspname, 'USAGE')
        THEN pg_catalog.format({sum_of}, roots.nspname, roots.relname)
        ELSE {nothing} END
    ) AS found ON true
), surroundings AS (
    SELECT
        pg_catalog.concat_ws(' ',
            pg_catalog.current_setting('server_version_num'), cluster.word, d.oid, r.oid,
            CAST(CAST({form_name} AS pg_catalog.regclass) AS pg_catalog.oid), (SELECT form.form FROM {form} AS form)
        ) AS text,
        -- A restored ledger knows nothing, and in another cluster all numbers may be as they were.
        cluster.word IS NOT NULL AND EXISTS (
            SELECT FROM pg_catalog.pg_class AS c
            JOIN pg_catalog.pg_am AS method ON method.oid = c.relam
            WHERE c.oid = CAST({form_name} AS pg_catalog.regclass) AND method.amname = 'heap') AS known
    FROM pg_catalog.pg_database AS d
    JOIN pg_catalog.pg_roles AS r ON r.rolname = current_user
    LEFT JOIN LATERAL pg_catalog.ts_stat(
        CASE WHEN pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')
        THEN {cluster}
        ELSE {nothing} END
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
