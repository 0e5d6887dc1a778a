CREATE TABLE country_currencies (
    country_code  text NOT NULL REFERENCES countries (alpha_2),
    currency_code text NOT NULL REFERENCES currencies (code),
    PRIMARY KEY (country_code, currency_code)
);

CREATE INDEX ON country_currencies (currency_code);

COMMENT ON TABLE country_currencies IS 'ISO 4217: the currencies and funds of each country; some have several, a few none.';
