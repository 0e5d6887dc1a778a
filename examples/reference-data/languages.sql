CREATE TABLE languages (
    alpha_3               text PRIMARY KEY CHECK (alpha_3 ~ '^[a-z]{3}$'),
    alpha_3_bibliographic text UNIQUE CHECK (alpha_3_bibliographic ~ '^[a-z]{3}$'),
    alpha_2               text UNIQUE CHECK (alpha_2 ~ '^[a-z]{2}$'),
    scope                 text NOT NULL REFERENCES language_scopes (code),
    type                  text NOT NULL REFERENCES language_types (code),
    macrolanguage         text REFERENCES languages (alpha_3),
    name                  text NOT NULL,
    enabled               boolean NOT NULL DEFAULT true
);

CREATE INDEX ON languages (macrolanguage);

COMMENT ON TABLE languages IS 'ISO 639: the languages with a code in 639-1 or 639-2.';
COMMENT ON COLUMN languages.alpha_3 IS 'The code in ISO 639-3, and in 639-2 for terminology (639-2/T): deu.';
COMMENT ON COLUMN languages.alpha_3_bibliographic IS 'The code that libraries use (639-2/B), where it is another: ger.';
COMMENT ON COLUMN languages.alpha_2 IS 'The code in ISO 639-1, where there is one: de.';
COMMENT ON COLUMN languages.macrolanguage IS 'The language that this one counts as for some purposes: nor for nno.';
COMMENT ON COLUMN languages.enabled IS 'Whether the application offers the language. Never written by the seeds while ISO lists it.';
