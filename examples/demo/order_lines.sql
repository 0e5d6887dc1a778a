CREATE TABLE shop.order_lines (
    order_number     text NOT NULL REFERENCES shop.orders (number),
    line             smallint NOT NULL CHECK (line > 0),
    product_id       bigint NOT NULL REFERENCES shop.products (id),
    quantity         integer NOT NULL CHECK (quantity > 0),
    unit_price       numeric(8, 2) NOT NULL,
    discount_percent smallint NOT NULL CHECK (discount_percent BETWEEN 0 AND 100),
    amount           numeric(10, 2) NOT NULL
        GENERATED ALWAYS AS (quantity * unit_price * (100 - discount_percent) / 100) STORED,
    PRIMARY KEY (order_number, line)
);

CREATE INDEX ON shop.order_lines (product_id);
