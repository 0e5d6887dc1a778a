CREATE TABLE currencies (
    code         text PRIMARY KEY CHECK (code ~ '^[A-Z]{3}$'),
    numeric_code text NOT NULL UNIQUE CHECK (numeric_code ~ '^[0-9]{3}$'),
    name         text NOT NULL,
    minor_units  smallint CHECK (minor_units BETWEEN 0 AND 4),
    is_fund      boolean NOT NULL,
    enabled      boolean NOT NULL DEFAULT true
);

COMMENT ON TABLE currencies IS 'ISO 4217: currencies, funds, precious metals and the codes for testing and for none.';
COMMENT ON COLUMN currencies.numeric_code IS 'Three digits, leading zeros kept: the Lek is 008.';
COMMENT ON COLUMN currencies.minor_units IS 'Decimal places of an amount: 2 for the euro, 0 for the yen, 3 for the dinar of Bahrain. NULL where there are none to speak of, as for gold.';
COMMENT ON COLUMN currencies.is_fund IS 'A unit of account that nobody pays with, such as the Swiss WIR franc.';
COMMENT ON COLUMN currencies.enabled IS 'Whether the application offers the currency. Never written by the seeds while ISO lists it.';
