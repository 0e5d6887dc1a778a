CREATE TABLE shop.reviews (
    id          uuid PRIMARY KEY,
    sku         text NOT NULL REFERENCES shop.products (sku),
    rating      smallint NOT NULL CHECK (rating BETWEEN 1 AND 5),
    title       text NOT NULL,
    body        text,
    helpful     integer NOT NULL DEFAULT 0,
    photos      jsonb NOT NULL DEFAULT '[]',
    posted_at   timestamptz NOT NULL,
    approved    boolean NOT NULL
);

CREATE INDEX ON shop.reviews (sku, posted_at);
