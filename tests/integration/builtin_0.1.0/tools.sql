CREATE TABLE tools (
    id           uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    name         text        NOT NULL UNIQUE CHECK (name ~ '^[a-z][a-z0-9_]{0,63}$'),
    title        text        NOT NULL,
    description  text        NOT NULL,
    category     text        NOT NULL,
    config       jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(config) = 'object'),
    input_schema jsonb       NOT NULL CHECK (jsonb_typeof(input_schema) = 'object'),
    enabled      boolean     NOT NULL DEFAULT true,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX tools_category ON tools (category);

COMMENT ON TABLE tools IS 'Tools that an agent can be given.';
COMMENT ON COLUMN tools.name IS 'How the model calls the tool. In the form that the APIs of the model makers accept.';
COMMENT ON COLUMN tools.title IS 'What people see.';
COMMENT ON COLUMN tools.description IS 'Written for the model. What the tool does, when to use it and when not.';
COMMENT ON COLUMN tools.category IS 'For grouping in a menu.';
COMMENT ON COLUMN tools.config IS 'Limits that the application enforces. The model never sees them.';
COMMENT ON COLUMN tools.input_schema IS 'JSON Schema (2020-12) of the arguments, as sent to the model.';
COMMENT ON COLUMN tools.enabled IS 'The switch of the administrator. Seeded once and never written again.';
