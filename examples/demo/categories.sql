-- The tables of the shop that refer to no other bring its schema along. CREATE SCHEMA IF NOT EXISTS fails where
-- two sessions run it at the same moment, so they take turns: the lock is this transaction's, and goes with it.
SELECT pg_advisory_xact_lock(hashtext('create schema shop'));
CREATE SCHEMA IF NOT EXISTS shop;

CREATE TABLE shop.categories (
    id        integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug      text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9-]+$'),
    name      text NOT NULL,
    parent_id integer REFERENCES shop.categories (id),
    position  smallint NOT NULL DEFAULT 0
);

CREATE INDEX ON shop.categories (parent_id);
