CREATE TABLE subdivisions (
    code         text PRIMARY KEY CHECK (code ~ '^[A-Z]{2}-[A-Z0-9]{1,3}$'),
    country_code text NOT NULL REFERENCES countries (alpha_2),
    parent_code  text REFERENCES subdivisions (code),
    type         text NOT NULL,
    name         text NOT NULL,
    CHECK (left(code, 2) = country_code)
);

CREATE INDEX ON subdivisions (country_code, name);
CREATE INDEX ON subdivisions (parent_code);

COMMENT ON TABLE subdivisions IS 'ISO 3166-2: the parts of countries.';
COMMENT ON COLUMN subdivisions.parent_code IS 'The subdivision that this one is a part of: GB-ENG for GB-KEN.';
COMMENT ON COLUMN subdivisions.type IS 'What the country calls it, in English: State, Province, Canton.';
