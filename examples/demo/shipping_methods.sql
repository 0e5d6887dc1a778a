-- See categories.sql for the lock.
SELECT pg_advisory_xact_lock(hashtext('create schema shop'));
CREATE SCHEMA IF NOT EXISTS shop;

CREATE TABLE shop.shipping_methods (
    code      text PRIMARY KEY,
    name      text NOT NULL,
    price     numeric(8, 2) NOT NULL,
    days      int4range NOT NULL,
    countries text[],
    tracked   boolean NOT NULL DEFAULT true
);

COMMENT ON COLUMN shop.shipping_methods.days IS 'Working days until delivery.';
COMMENT ON COLUMN shop.shipping_methods.countries IS 'Where it delivers; NULL: everywhere.';
