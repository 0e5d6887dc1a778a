-- SQL, in one transaction. It runs only with --allow-code. The line below says when: after the seeder `products`, and
-- only if this file has changed since. Without run=changed it runs each time.
-- seeder: depends_on=products, run=changed

CREATE INDEX IF NOT EXISTS products_by_description
    ON products USING gin (to_tsvector('english', description));
