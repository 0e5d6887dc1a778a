-- Fourteen tables with foreign keys of every kind, in rows whose numbers are those of a database in use.
CREATE TABLE currencies (code char(3) PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE countries (code text PRIMARY KEY, currency char(3) NOT NULL REFERENCES currencies);
CREATE TABLE regions (id serial PRIMARY KEY, country text NOT NULL REFERENCES countries, name text NOT NULL,
    UNIQUE (country, name));
CREATE TABLE users (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), email text NOT NULL UNIQUE, region_id int REFERENCES regions,
    invited_by uuid REFERENCES users, created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz);
CREATE TABLE profiles (user_id uuid PRIMARY KEY REFERENCES users, bio text);
CREATE TABLE roles (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE user_roles (user_id uuid REFERENCES users, role_id int REFERENCES roles, PRIMARY KEY (user_id, role_id));
CREATE TABLE categories (id serial PRIMARY KEY, slug text NOT NULL UNIQUE, parent_id int REFERENCES categories);
CREATE TABLE products (id bigserial PRIMARY KEY, sku text NOT NULL UNIQUE, category_id int NOT NULL REFERENCES categories,
    about jsonb, price numeric(8, 2), currency char(3) REFERENCES currencies);
CREATE TABLE variants (id serial PRIMARY KEY, product_id bigint NOT NULL REFERENCES products, size text NOT NULL,
    UNIQUE (product_id, size));
CREATE TABLE tags (name text PRIMARY KEY);
CREATE TABLE product_tags (id serial PRIMARY KEY, product_id bigint NOT NULL REFERENCES products,
    tag text NOT NULL REFERENCES tags, UNIQUE (product_id, tag));
CREATE TABLE shops (id serial, country text REFERENCES countries, name text NOT NULL, PRIMARY KEY (id, country), UNIQUE (name));
CREATE TABLE stock (shop_id int, country text, variant_id int NOT NULL REFERENCES variants, pieces int NOT NULL,
    PRIMARY KEY (shop_id, country, variant_id), FOREIGN KEY (shop_id, country) REFERENCES shops (id, country));

INSERT INTO currencies VALUES ('EUR', 'Euro'), ('CHF', 'Franc');
INSERT INTO countries VALUES ('ch', 'CHF'), ('de', 'EUR'), ('fr', 'EUR');
INSERT INTO regions VALUES (17, 'ch', 'Bern'), (4, 'de', 'Bayern'), (9, 'de', 'Bern');
INSERT INTO users (email, region_id) VALUES ('ada@example.org', 17), ('bob@example.org', NULL);
INSERT INTO users (email, region_id, invited_by) SELECT 'cy@example.org', 9, id FROM users WHERE email LIKE 'ada%';
INSERT INTO profiles SELECT id, E'I am\n' || email FROM users;
INSERT INTO roles (id, name) OVERRIDING SYSTEM VALUE VALUES (5, 'admin'), (3, 'reader');
INSERT INTO user_roles SELECT u.id, r.id FROM users AS u, roles AS r WHERE u.email < 'c' OR r.name = 'reader';
INSERT INTO categories VALUES (8, 'pens', NULL), (2, 'ink', 8), (30, 'all', NULL);
UPDATE categories SET parent_id = 30 WHERE id = 8;
INSERT INTO products VALUES (100, 'pen', 8, '{"colours": ["blue", "red"]}', 1.50, 'EUR'), (50, 'ink', 2, NULL, NULL, NULL);
INSERT INTO variants VALUES (1000, 100, 'S'), (2000, 100, 'L'), (500, 50, 'S');
INSERT INTO tags VALUES ('new'), ('sale');
INSERT INTO product_tags VALUES (7, 100, 'new'), (6, 100, 'sale'), (5, 50, 'sale');
INSERT INTO shops VALUES (11, 'ch', 'Bern'), (12, 'de', 'Berlin');
INSERT INTO stock VALUES (11, 'ch', 1000, 3), (12, 'de', 1000, 4), (12, 'de', 500, 0);
