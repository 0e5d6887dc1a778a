CREATE TABLE countries (
    alpha_2       text PRIMARY KEY CHECK (alpha_2 ~ '^[A-Z]{2}$'),
    alpha_3       text NOT NULL UNIQUE CHECK (alpha_3 ~ '^[A-Z]{3}$'),
    numeric_code  text NOT NULL UNIQUE CHECK (numeric_code ~ '^[0-9]{3}$'),
    name          text NOT NULL,
    official_name text,
    common_name   text,
    enabled       boolean NOT NULL DEFAULT true
);

COMMENT ON TABLE countries IS 'ISO 3166-1: countries and dependent territories.';
COMMENT ON COLUMN countries.numeric_code IS 'Three digits, leading zeros kept: Afghanistan is 004.';
COMMENT ON COLUMN countries.name IS 'The short name, sorted by its first word: Bolivia, Plurinational State of.';
COMMENT ON COLUMN countries.common_name IS 'What people say, where it differs from the short name: Bolivia.';
COMMENT ON COLUMN countries.enabled IS 'Whether the application offers the country. Never written by the seeds while ISO lists it.';
