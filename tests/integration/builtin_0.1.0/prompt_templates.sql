CREATE TABLE prompt_templates (
    id            uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    name          text        NOT NULL UNIQUE CHECK (name ~ '^[a-z][a-z0-9_]{0,63}$'),
    title         text        NOT NULL,
    description   text        NOT NULL,
    category      text        NOT NULL,
    template      text        NOT NULL CHECK (template <> ''),
    variables     jsonb       NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(variables) = 'array'),
    output_schema text,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX prompt_templates_category ON prompt_templates (category);

COMMENT ON TABLE prompt_templates IS 'Prompt templates with {{ variable }} placeholders.';
COMMENT ON COLUMN prompt_templates.template IS 'The text. A placeholder is a name in double braces. A value that is not required may be the empty string.';
COMMENT ON COLUMN prompt_templates.variables IS 'The placeholders in the order of the text, each with name, description and required.';
COMMENT ON COLUMN prompt_templates.output_schema IS 'The name of the schema of the answer, as in schemas.name. NULL where the answer is free text. No foreign key, so that each table can be used without the other.';
