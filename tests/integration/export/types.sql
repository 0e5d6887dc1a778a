-- A table with a column of every type that a seed file may hold, and with names that have to be quoted.
CREATE SCHEMA "Other Schema";
CREATE TYPE "Other Schema"."Mood" AS ENUM ('sad', 'so so', 'null', 'yes', '1', ' {"', '');
CREATE DOMAIN "Other Schema".email AS text CHECK (VALUE LIKE '%@%');
CREATE DOMAIN posint AS int CHECK (VALUE > 0);
CREATE DOMAIN settings AS jsonb;
CREATE TYPE pair AS (x int, y text, "Z z" jsonb);
CREATE TABLE "Other Schema"."Order" (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "select" text NOT NULL,
    part int NOT NULL,
    small smallint, whole int, big bigint,
    exact numeric, rounded numeric(12,2),
    real_ real, double_ double precision, cost money,
    "Mixed Case" varchar(10), "it's" char(5), "a ""quoted"" name" name, "%s" "char",
    "null" bytea, "yes" boolean, "x: y" date, "with, comma" time, " blank" timetz, "{}" timestamp, "#" timestamptz,
    "ünï ✓" interval, uid uuid, doc json, docb jsonb, path_ jsonpath, markup xml,
    address inet, network cidr, mac macaddr, mac8 macaddr8, bits bit(3), some_bits varbit,
    place point, line_ line, segment lseg, box_ box, open_ path, polygon_ polygon, circle_ circle,
    words tsvector, query tsquery, log pg_lsn, object oid, relation regclass,
    numbers int4range, days daterange, during tstzrange, amounts numrange,
    mood "Other Schema"."Mood", mail "Other Schema".email, positive posint, options settings, pair pair,
    ints int[], matrix int[][], shifted int[], texts text[], flags boolean[], bytes bytea[], boxes box[],
    exacts numeric[], doubles double precision[], moments timestamptz[], uids uuid[], docs json[], docbs jsonb[],
    moods "Other Schema"."Mood"[], mails "Other Schema".email[], pairs pair[], ranges int4range[],
    doubled int GENERATED ALWAYS AS (whole * 2) STORED,
    created_at timestamptz NOT NULL DEFAULT '2000-01-01Z',
    UNIQUE ("select", part)
);
-- All control characters that a text can hold, and others that some readers take for line ends or for nothing.
CREATE FUNCTION controls() RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT string_agg(chr(n), '') || chr(127) || chr(133) || chr(8232) || chr(8233) || chr(65279) || chr(65535)
    FROM generate_series(1, 31) AS n $$;
INSERT INTO "Other Schema"."Order" ("select", part) VALUES ('NULL', 1);
INSERT INTO "Other Schema"."Order" ("select", part, "Mixed Case", "it's", "null", docb, doc, texts, ints, docs, "yes", mood,
    matrix, "ünï ✓", during, options, "%s")
VALUES ('', 1, '', '', '', '{}', '[]', '{}', '{}', '{}', false, '', '{}', '0', 'empty', '""', '');
INSERT INTO "Other Schema"."Order" VALUES
    (DEFAULT, 'a' || E'\r\n "quoted", \\.\n\n', 2,
     -32768, 2147483, -9223372036854775808, 'NaN', 1234567890.50, 'Infinity', '-Infinity', 12.5,
     E' tab\t', 'ab', 'name', 'c',
     '\x000102ff', true, 'infinity', '23:59:59.999999', '01:02:03+04:30', '-infinity', '2024-03-31 02:30:00+02',
     '1 year -2 days 03:04:05.6', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11',
     '{"b":1,"a":[true,null,"007",1.50,{"x":"y\nz"}]}', '{"b": 1, "a": [true, null, "007", 1.50, "yes", 1e5], "": {}}',
     '$."a"[*] ? (@ > 1)', '<a b="c">&amp;<!-- x --></a>',
     '192.168.0.1/24', '10.0.0.0/8', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', B'011', B'',
     '(1,-2.5)', '{1,2,3}', '[(0,0),(1,1)]', '(1,1),(0,0)', '[(0,0),(1,1)]', '((0,0),(1,1),(1,0))', '<(0,0),1>',
     $$'the' 'quick':1A 'it''s'$$, $$'fat' & !'ca t':*$$, '16/B374D848', 4294967295, 'pg_catalog.pg_class',
     '[1,5]', '(,2024-02-29]', '["2024-01-01 00:00+01", infinity)', '(0.1,NaN)',
     'so so', 'a@example.org', 3, '{"a": "b@c"}', (1, E'x "y"\n', '{"a": [1]}'),
     '{1,NULL,-3}', '{{1,2},{3,4}}', '[0:1]={7,8}', ARRAY['', NULL, 'NULL', 'null', E'"\\', 'a, b', '{}', E'\n', ' ', '1'],
     '{t,f,NULL}', ARRAY['\x00'::bytea, ''], '{(1,1),(0,0);(2,2),(1,1)}',
     '{NaN,1.50,-0}', '{NaN,Infinity,-0,0.1,1e-300}', '{infinity,2024-01-01 00:00:00+00}',
     '{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}', ARRAY['{"a": 1}', '[1, 2]', '"x"', NULL, '3']::json[],
     ARRAY['null', '{"a": "b"}']::jsonb[], ARRAY['so so', 'null', NULL, '']::"Other Schema"."Mood"[],
     ARRAY['a@b', '"@"'], ARRAY[(1, 'a,b', NULL), NULL, (NULL, '', '"x"')]::pair[], '{"[1,3)",empty}');
INSERT INTO "Other Schema"."Order" VALUES
    (DEFAULT, controls(), 1,
     0, 0, 0, 1e-30, -0.01, '-0', 1e-300, -1234567.89,
     E'\u2028\uFEFF', E'\t', E'\n', E'\n',
     decode('ff0a', 'hex'), NULL, '0044-03-15 BC', '24:00', '00:00-15', '294276-12-31 23:59:59.999999', '4713-01-01 BC',
     '-178000000 years', '00000000-0000-0000-0000-000000000000',
     to_json(controls()), to_jsonb(array_fill(controls(), ARRAY[3])), '$', '',
     '::1', '::/0', 'ff:ff:ff:ff:ff:ff', '00:00:00:00:00:00:00:01', B'000', B'1',
     '(NaN,Infinity)', '{0,1,0}', '[(0,0),(0,0)]', '(0,0),(0,0)', '((0,0))', '((0,0))', '<(1e300,0),0>',
     '', '', '0/0', 0, '"Other Schema"."Order"',
     'empty', '(,)', '[,]', '[1,1]',
     ' {"', '@', 1, '[]', (NULL, NULL, NULL),
     '[5:5]={1}', '{{{1}},{{2}}}', NULL, ARRAY[controls()], '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}',
     '{}', '{}', '{}');
