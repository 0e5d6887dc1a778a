CREATE TABLE shop.products (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku         text NOT NULL UNIQUE CHECK (sku ~ '^[A-Z]{3}-[0-9]{3}$'),
    category_id integer NOT NULL REFERENCES shop.categories (id),
    name        text NOT NULL,
    description text NOT NULL,
    price       numeric(8, 2) NOT NULL CHECK (price >= 0),
    currency    text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    stock       integer NOT NULL CHECK (stock >= 0),
    tags        text[] NOT NULL,
    attributes  jsonb NOT NULL,
    on_sale     boolean NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL
);

CREATE INDEX ON shop.products (category_id);
CREATE INDEX ON shop.products USING gin (tags);
