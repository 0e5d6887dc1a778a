CREATE TABLE products (
    name        text PRIMARY KEY,
    price       numeric(10, 2) NOT NULL,
    in_stock    boolean NOT NULL,
    category_id integer NOT NULL REFERENCES categories,
    description text NOT NULL,
    supplier    text,
    created_at  timestamptz,
    updated_at  timestamptz
);
