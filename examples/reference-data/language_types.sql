CREATE TABLE language_types (
    code        text PRIMARY KEY CHECK (code ~ '^[A-Z]$'),
    name        text NOT NULL UNIQUE,
    description text NOT NULL
);
