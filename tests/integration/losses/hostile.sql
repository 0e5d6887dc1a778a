-- A schema of somebody who would have the seeder's rights: it holds whatever pg_catalog holds, under the same names.
-- Each thing does what the true one does, and calls `hostile.spring`, which notes in the server's log that it was used.

SET check_function_bodies = off;

-- What statements give where pg_catalog takes something near: a function of the exact types is preferred to one there,
-- wherever in the search_path it stands.
CREATE TABLE hostile.nearer (taken oid, given oid);
INSERT INTO hostile.nearer
SELECT taken::regtype, given::regtype FROM (VALUES
    ('text', 'varchar'), ('name', 'text'), ('name', 'varchar'), ('bigint', 'integer'), ('numeric', 'bigint'),
    ('"any"', 'text'), ('"any"', 'varchar'), ('"any"', 'integer'), ('"any"', 'bigint'), ('"any"', 'boolean'),
    ('anyelement', 'text'), ('anyelement', 'varchar'), ('anyelement', 'integer'), ('anyelement', 'bigint'),
    ('anyelement', 'json'), ('anynonarray', 'text'), ('anynonarray', 'varchar'), ('anynonarray', 'bytea'),
    ('anyarray', 'text[]'), ('anyarray', 'varchar[]'), ('anyarray', 'bytea[]'), ('anyarray', 'integer[]'),
    ('anyarray', 'smallint[]')) AS pairs (taken, given);

CREATE FUNCTION hostile.nearest(kind oid, taken oid, given oid) RETURNS text LANGUAGE sql AS
$$ SELECT format_type(CASE WHEN kind = taken THEN given ELSE kind END, NULL) $$;

-- Functions, with the very arguments, defaults and OUT parameters of the true ones.
CREATE FUNCTION hostile.copy_function(f pg_proc) RETURNS void LANGUAGE plpgsql AS $copy$
DECLARE
    passed text := (
        SELECT coalesce(string_agg(
            CASE WHEN f.provariadic <> 0 AND n = f.pronargs THEN 'VARIADIC ' ELSE '' END || '$' || n, ', ' ORDER BY n), '')
        FROM generate_series(1, f.pronargs) AS n);
    call text := format('pg_catalog.%I(%s)', f.proname, passed);
BEGIN
    EXECUTE format(
        'CREATE FUNCTION hostile.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L',
        f.proname, pg_get_function_arguments(f.oid), pg_get_function_result(f.oid),
        format('BEGIN PERFORM hostile.spring(%L); %s; END', 'function ' || f.oid::regprocedure, CASE
            WHEN f.prorettype = 'void'::regtype THEN 'PERFORM ' || call
            WHEN f.prorettype = 'record'::regtype AND f.proallargtypes IS NULL THEN 'RAISE ''sprung'''
            WHEN f.proretset THEN 'RETURN QUERY SELECT * FROM ' || call
            WHEN f.prorettype = 'record'::regtype THEN 'RAISE ''sprung'''
            ELSE 'RETURN ' || call END));
EXCEPTION WHEN OTHERS THEN
    NULL; -- Nobody can make this one, so nobody can have it called.
END $copy$;

CREATE FUNCTION hostile.copy_function_nearer(f pg_proc, taken oid, given oid) RETURNS void LANGUAGE plpgsql AS $copy$
DECLARE
    call text := (
        SELECT format('pg_catalog.%I(%s)', f.proname, string_agg('$' || n, ', ' ORDER BY n))
        FROM generate_series(1, f.pronargs) AS n);
BEGIN
    EXECUTE format(
        'CREATE FUNCTION hostile.%I(%s) RETURNS %s%s LANGUAGE plpgsql AS %L',
        f.proname,
        (SELECT string_agg(hostile.nearest(t, taken, given), ', ' ORDER BY n)
            FROM unnest(f.proargtypes::oid[]) WITH ORDINALITY AS u (t, n)),
        CASE WHEN f.proretset THEN 'SETOF ' ELSE '' END,
        CASE WHEN taken::regtype::text LIKE 'any%' THEN hostile.nearest(f.prorettype, taken, given)
            ELSE format_type(f.prorettype, NULL) END,
        format('BEGIN PERFORM hostile.spring(%L); %s; END',
            format('function %I for %s', f.proname, given::regtype),
            CASE WHEN f.proretset THEN 'RETURN QUERY SELECT * FROM ' || call
                WHEN f.prorettype = 'void'::regtype THEN 'PERFORM ' || call ELSE 'RETURN ' || call END));
EXCEPTION WHEN OTHERS THEN
    NULL;
END $copy$;

-- Those of any number of arguments of any type.
CREATE FUNCTION hostile.copy_variadic(f pg_proc, rest text) RETURNS void LANGUAGE plpgsql AS $copy$
DECLARE
    before text := (
        SELECT string_agg(format_type(t, NULL) || ', ', '' ORDER BY n)
        FROM unnest(f.proargtypes::oid[]) WITH ORDINALITY AS u (t, n) WHERE n < f.pronargs);
    passed text := (SELECT string_agg('$' || n || ', ', '' ORDER BY n) FROM generate_series(1, f.pronargs - 1) AS n);
BEGIN
    EXECUTE format(
        'CREATE FUNCTION hostile.%I(%s VARIADIC %s) RETURNS %s LANGUAGE plpgsql AS %L',
        f.proname, before, rest, format_type(f.prorettype, NULL),
        format('BEGIN PERFORM hostile.spring(%L); RETURN pg_catalog.%I(%s VARIADIC $%s); END',
            'function ' || f.oid::regprocedure, f.proname, passed, f.pronargs));
EXCEPTION WHEN OTHERS THEN
    NULL;
END $copy$;

-- An aggregate's state is its result, which stays NULL, or 0 for a count: it need not be right, only be noticed.
CREATE FUNCTION hostile.copy_aggregate(f pg_proc, taken oid, given oid) RETURNS void LANGUAGE plpgsql AS $copy$
DECLARE
    kinds text := (
        SELECT string_agg(hostile.nearest(t, taken, given), ', ' ORDER BY n)
        FROM unnest(f.proargtypes::oid[]) WITH ORDINALITY AS u (t, n));
    result text := CASE
        WHEN f.prorettype = 'anyarray'::regtype AND given IS NOT NULL THEN format_type(given, NULL) || '[]'
        ELSE hostile.nearest(f.prorettype, taken, given) END;
    step text := format('step_%s_%s', f.oid, coalesce(given, 0));
BEGIN
    EXECUTE format(
        'CREATE FUNCTION hostile.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L',
        step, concat_ws(', ', result, kinds), result,
        format('BEGIN PERFORM hostile.spring(%L); RETURN $1; END', 'aggregate ' || f.oid::regprocedure));
    EXECUTE format(
        'CREATE AGGREGATE hostile.%I(%s) (SFUNC = hostile.%I, STYPE = %s%s)',
        f.proname, coalesce(kinds, '*'), step, result, CASE WHEN result = 'bigint' THEN ', INITCOND = 0' END);
EXCEPTION WHEN OTHERS THEN
    NULL;
END $copy$;

CREATE FUNCTION hostile.copy_operator(o pg_operator, taken oid, given oid) RETURNS void LANGUAGE plpgsql AS $copy$
DECLARE
    l text := CASE WHEN o.oprleft <> 0 THEN hostile.nearest(o.oprleft, taken, given) END;
    r text := hostile.nearest(o.oprright, taken, given);
    does text := format('operator_%s_%s', o.oid, coalesce(given, 0));
BEGIN
    EXECUTE format(
        'CREATE FUNCTION hostile.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L',
        does, concat_ws(', ', l, r),
        CASE WHEN taken::regtype::text LIKE 'any%' THEN hostile.nearest(o.oprresult, taken, given)
            ELSE format_type(o.oprresult, NULL) END,
        format('BEGIN PERFORM hostile.spring(%L); RETURN %s OPERATOR(pg_catalog.%s) %s; END',
            format('operator %s (%s)', o.oprname, concat_ws(', ', l, r)),
            CASE WHEN l IS NOT NULL THEN '$1' END, o.oprname, CASE WHEN l IS NULL THEN '$1' ELSE '$2' END));
    EXECUTE format(
        'CREATE OPERATOR hostile.%s (%s RIGHTARG = %s, FUNCTION = hostile.%I)',
        o.oprname, 'LEFTARG = ' || l || ',', r, does);
EXCEPTION WHEN OTHERS THEN
    NULL;
END $copy$;

SELECT hostile.copy_function(f) FROM pg_proc AS f
WHERE f.pronamespace = 'pg_catalog'::regnamespace AND f.prokind = 'f';

SELECT hostile.copy_variadic(f, rest) FROM pg_proc AS f, unnest(ARRAY['text[]', 'anycompatiblearray']) AS rest
WHERE f.pronamespace = 'pg_catalog'::regnamespace AND f.prokind = 'f' AND f.provariadic = '"any"'::regtype;

SELECT hostile.copy_function_nearer(f, taken, given) FROM pg_proc AS f JOIN hostile.nearer ON taken = ANY (f.proargtypes)
WHERE f.pronamespace = 'pg_catalog'::regnamespace AND f.prokind = 'f' AND f.provariadic = 0 AND f.proallargtypes IS NULL
    AND f.prorettype <> 'record'::regtype;

SELECT hostile.copy_aggregate(f, NULL, NULL) FROM pg_proc AS f
WHERE f.pronamespace = 'pg_catalog'::regnamespace AND f.prokind = 'a';

SELECT hostile.copy_aggregate(f, taken, given) FROM pg_proc AS f JOIN hostile.nearer ON taken = ANY (f.proargtypes)
WHERE f.pronamespace = 'pg_catalog'::regnamespace AND f.prokind = 'a';

SELECT hostile.copy_operator(o, NULL, NULL) FROM pg_operator AS o
WHERE o.oprnamespace = 'pg_catalog'::regnamespace AND o.oprcode <> 0;

SELECT hostile.copy_operator(o, taken, given) FROM pg_operator AS o JOIN hostile.nearer ON taken IN (oprleft, oprright)
WHERE o.oprnamespace = 'pg_catalog'::regnamespace AND o.oprcode <> 0;

-- Tables and views of the catalogue.
DO $$
DECLARE
    r record;
BEGIN
    FOR r IN
        SELECT c.relname, string_agg(
            CASE WHEN t.typtype = 'p' THEN format('%1$I::text::text[] AS %1$I', a.attname) ELSE quote_ident(a.attname) END,
            ', ' ORDER BY a.attnum) AS columns
        FROM pg_class AS c
        JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_type AS t ON t.oid = a.atttypid
        WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind IN ('r', 'v')
            AND c.relname <> 'pg_statistic_ext_data' -- It holds whole rows of pg_statistic.
        GROUP BY c.relname
    LOOP
        EXECUTE format('CREATE VIEW hostile.%1$I AS SELECT %2$s FROM pg_catalog.%1$I WHERE (SELECT hostile.spring(%3$L))',
            r.relname, r.columns, 'relation ' || r.relname);
    END LOOP;
END $$;

-- Types: a value that is made one of these is seen.
DO $$
DECLARE
    r record;
BEGIN
    FOR r IN
        SELECT t.typname FROM pg_type AS t
        WHERE t.typnamespace = 'pg_catalog'::regnamespace AND t.typtype IN ('b', 'r') AND t.typcategory <> 'A'
            AND t.typrelid = 0
    LOOP
        BEGIN
            EXECUTE format('CREATE DOMAIN hostile.%1$I AS pg_catalog.%1$I CHECK (hostile.spring(%2$L))',
                r.typname, 'type ' || r.typname);
        EXCEPTION WHEN OTHERS THEN
            NULL;
        END;
    END LOOP;
END $$;

GRANT USAGE ON SCHEMA hostile TO PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA hostile TO PUBLIC;
