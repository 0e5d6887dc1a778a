CREATE TABLE shop.orders (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number          text NOT NULL UNIQUE CHECK (number ~ '^[0-9]{4}-[0-9]{5}$'),
    customer_id     bigint NOT NULL REFERENCES shop.customers (id),
    shipping_method text NOT NULL REFERENCES shop.shipping_methods (code),
    status          text NOT NULL CHECK (status IN ('placed', 'paid', 'shipped', 'delivered', 'cancelled')),
    placed_at       timestamptz NOT NULL,
    shipped_at      timestamptz,
    gift_message    text,
    payment         jsonb NOT NULL,
    CHECK (shipped_at >= placed_at)
);

CREATE INDEX ON shop.orders (customer_id);
CREATE INDEX ON shop.orders (status) WHERE status IN ('placed', 'paid');
