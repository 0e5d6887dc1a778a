-- What versions that know form 1 alone look for. In a schema that has another table of this name they find that one.
CREATE TABLE IF NOT EXISTS "seeder".form (form pg_catalog.int4 NOT NULL);
INSERT INTO "seeder".form SELECT 2 WHERE NOT EXISTS (SELECT FROM "seeder".form);
COMMENT ON TABLE "seeder".form IS 'The form of the ledger of seeder, for versions that know form 1 alone.'
