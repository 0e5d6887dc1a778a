CREATE TABLE schemas (
    id          uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    name        text        NOT NULL UNIQUE CHECK (name ~ '^[a-z][a-z0-9_]{0,63}$'),
    description text        NOT NULL,
    schema_type text        NOT NULL,
    definition  jsonb       NOT NULL CHECK (jsonb_typeof(definition) = 'object'),
    example     jsonb       NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX schemas_schema_type ON schemas (schema_type);

COMMENT ON TABLE schemas IS 'JSON Schemas (2020-12) of what agents return.';
COMMENT ON COLUMN schemas.name IS 'How code and prompt templates name the schema.';
COMMENT ON COLUMN schemas.schema_type IS 'What kind of work ends in this form, such as extraction or evaluation.';
COMMENT ON COLUMN schemas.definition IS 'The schema. Every property is required and no other is allowed. What may be missing is null.';
COMMENT ON COLUMN schemas.example IS 'One valid document, for prompts, documentation and tests.';
