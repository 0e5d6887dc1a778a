-- The ledger, form 2: what the seeder last wrote, kept in the target database. No cell's value is in it.

-- Which form the ledger has. Versions that know form 1 alone look for `form`, and refuse at a number they do not know.
CREATE TABLE "seeder".seeder_form (form pg_catalog.int4 NOT NULL);
COMMENT ON TABLE "seeder".seeder_form IS 'The form of the ledger of seeder.';
INSERT INTO "seeder".seeder_form VALUES (2);

CREATE TABLE "seeder".seeder_applications (
    id pg_catalog.int4 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name pg_catalog.text COLLATE pg_catalog."C" NOT NULL UNIQUE,
    release pg_catalog.text COLLATE pg_catalog."C",
    released_at pg_catalog.timestamptz,
    withdrawn pg_catalog.text COLLATE pg_catalog."C"
);
COMMENT ON TABLE "seeder".seeder_applications IS
    'Whose seeds these are; the newest release of each, and up to which newer one all are withdrawn.';

CREATE TABLE "seeder".seeder_seeders (
    id pg_catalog.int4 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    application_id pg_catalog.int4 NOT NULL REFERENCES "seeder".seeder_applications,
    name pg_catalog.text COLLATE pg_catalog."C" NOT NULL,
    release pg_catalog.text COLLATE pg_catalog."C",
    digest pg_catalog.bytea,
    earlier pg_catalog.bytea[],
    changed_at pg_catalog.timestamptz,
    proof pg_catalog.jsonb,
    -- Digests of a few lines each of the file whose rows were proved, and of the keys in them.
    pieces pg_catalog.bytea,
    UNIQUE (application_id, name)
);
COMMENT ON TABLE "seeder".seeder_seeders IS
    'The seeders that wrote here: the sha256 of the files that each last applied, and when it last changed a row.';

CREATE TABLE "seeder".seeder_tables (
    id pg_catalog.int4 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    schema_name pg_catalog.text COLLATE pg_catalog."C" NOT NULL,
    table_name pg_catalog.text COLLATE pg_catalog."C" NOT NULL,
    -- OIDs count only while `ledger` is the OID of seeder_form: after a restore it is not.
    relation pg_catalog.oid,
    ledger pg_catalog.oid,
    -- Every column that the table was ever seen to have, by its place: its name (NULL once it is gone), its number and
    -- the OID of its type.
    columns pg_catalog.text[] NOT NULL,
    numbers pg_catalog.int2[] NOT NULL,
    types pg_catalog.oid[] NOT NULL,
    -- The places of the key's columns, and of the columns whose cells have digests: a slot is a place in `slots`.
    key pg_catalog.int2[] NOT NULL,
    slots pg_catalog.int2[] NOT NULL
);
CREATE INDEX ON "seeder".seeder_tables (schema_name, table_name);
COMMENT ON TABLE "seeder".seeder_tables IS 'The tables that were seeded, by the columns that identify their rows.';

-- One entry for each seeded row. No foreign keys: they would cost two look-ups a row, and only seeder writes here.
CREATE TABLE "seeder".seeder_rows (
    table_id pg_catalog.int4 NOT NULL,
    seeder_id pg_catalog.int4 NOT NULL,
    -- How many columns the table had, by `seeder_tables.columns`, when `rest` was taken.
    seen pg_catalog.int2 NOT NULL,
    -- Whether the row was there before the seeder first met it.
    adopted pg_catalog.bool NOT NULL,
    -- NULL; `unlisted`: the seed file no longer lists the row; `set`: and `retired_rows: set` was applied.
    retired pg_catalog.text COLLATE pg_catalog."C",
    -- The canonical text of the key's columns, as an array.
    key pg_catalog.text COLLATE pg_catalog."C" NOT NULL,
    -- Eight bytes of sha256 a slot: of the cell as the seed file desired it, and, if any differs, as it stood after our
    -- write. Eight zeros: not known. Seven zeros and a one: NULL.
    cells pg_catalog.bytea NOT NULL,
    stored pg_catalog.bytea,
    -- Eight bytes of sha256 of the columns without a slot as they stood; one zero if there are none, or all are NULL.
    -- NULL once somebody has touched the row, and empty in entries of form 1.
    rest pg_catalog.bytea,
    -- The slots of cells that were kept: edited and changed; with a minus sign, there before us. And since when.
    kept pg_catalog.int2[],
    kept_at pg_catalog.timestamptz[],
    PRIMARY KEY (table_id, key)
);
COMMENT ON TABLE "seeder".seeder_rows IS 'One entry for each seeded row: its key, and digests of its cells.';

CREATE VIEW "seeder".seeder_conflicts AS
SELECT
    a.name AS application,
    s.name AS seeder,
    t.schema_name,
    t.table_name,
    r.key,
    t.columns[t.slots[pg_catalog.abs(k.slot)]] AS column_name,
    CASE WHEN k.slot > 0 THEN 'edited and changed' ELSE 'there before us' END AS why,
    k.since
FROM "seeder".seeder_rows AS r
JOIN "seeder".seeder_tables AS t ON t.id = r.table_id
JOIN "seeder".seeder_seeders AS s ON s.id = r.seeder_id
JOIN "seeder".seeder_applications AS a ON a.id = s.application_id
CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(r.kept), pg_catalog.unnest(r.kept_at)) AS k (slot, since)
-- Neither rows that the seed file no longer lists, nor columns that are gone.
WHERE r.retired IS NULL AND t.columns[t.slots[pg_catalog.abs(k.slot)]] IS NOT NULL;
COMMENT ON VIEW "seeder".seeder_conflicts IS 'The cells that seeder kept though its seed file says otherwise.';
