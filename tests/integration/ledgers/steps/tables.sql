-- The tables of the application, and rows that were there before the first run.
CREATE EXTENSION citext;
CREATE TABLE tools (
    name text PRIMARY KEY, title text, code char(8), config jsonb, enabled boolean NOT NULL DEFAULT true, note text,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE prompts (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE, body text, slug text);
CREATE FUNCTION lower_slug() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.slug := pg_catalog.lower(NEW.slug);
    RETURN NEW;
END $$;
CREATE TRIGGER lower_slug BEFORE INSERT OR UPDATE ON prompts FOR EACH ROW EXECUTE FUNCTION lower_slug();
CREATE TABLE badges (
    name text PRIMARY KEY, title text, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
CREATE TABLE prices (product text NOT NULL, region text, amount numeric(10,2), UNIQUE (product, region));
CREATE TABLE rates (rate numeric PRIMARY KEY, label text);
CREATE TABLE terms (span interval PRIMARY KEY, label text);
CREATE TABLE nodes (id uuid PRIMARY KEY, label text);
CREATE TABLE levels (level integer PRIMARY KEY, label text, weight double precision);
CREATE TABLE labels (label citext PRIMARY KEY, colour text);
CREATE TYPE severity AS ENUM ('low', 'high');
CREATE TABLE alerts (severity severity PRIMARY KEY, label text);
CREATE TABLE flags (name text PRIMARY KEY, title text, enabled boolean);
CREATE TABLE roles (name text PRIMARY KEY, rights text[]);
CREATE TABLE plans (name text PRIMARY KEY, title text, active boolean NOT NULL DEFAULT true);
CREATE TABLE agents (name text PRIMARY KEY, title text);
INSERT INTO flags VALUES ('beta', 'Ours', false), ('dark', 'Dark mode', true);
INSERT INTO roles VALUES ('admin', '{read}'), ('guest', '{read}'), ('viewer', '{read}'), ('ours', '{nothing}');
