-- See categories.sql for the lock.
SELECT pg_advisory_xact_lock(hashtext('create schema shop'));
CREATE SCHEMA IF NOT EXISTS shop;

CREATE TABLE shop.customers (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email      text NOT NULL UNIQUE,
    full_name  text NOT NULL,
    company    text,
    address    jsonb NOT NULL,
    tags       text[] NOT NULL DEFAULT '{}',
    newsletter boolean NOT NULL,
    notes      text NOT NULL,
    joined_on  date NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
