-- A trading company in the shape of Northwind: 14 tables, composite keys, a table that refers to itself, and a circle.
CREATE TABLE region (region_id smallint PRIMARY KEY, region_description varchar(60) NOT NULL);
CREATE TABLE territories (
    territory_id varchar(20) PRIMARY KEY, territory_description varchar(60) NOT NULL,
    region_id smallint NOT NULL REFERENCES region
);
CREATE TABLE us_states (state_id smallint PRIMARY KEY, state_name varchar(100), state_abbr varchar(2));
CREATE TABLE shippers (shipper_id smallint PRIMARY KEY, company_name varchar(40) NOT NULL, phone varchar(24));
CREATE TABLE suppliers (
    supplier_id smallint PRIMARY KEY, company_name varchar(40) NOT NULL, country varchar(15), homepage text
);
CREATE TABLE categories (
    category_id smallint PRIMARY KEY, category_name varchar(15) NOT NULL, description text, picture bytea
);
CREATE TABLE products (
    product_id smallint PRIMARY KEY, product_name varchar(40) NOT NULL, supplier_id smallint REFERENCES suppliers,
    category_id smallint REFERENCES categories, unit_price real, units_in_stock smallint, discontinued integer NOT NULL
);
CREATE TABLE customer_demographics (customer_type_id bpchar PRIMARY KEY, customer_desc text);
CREATE TABLE customers (
    customer_id bpchar PRIMARY KEY, company_name varchar(40) NOT NULL, contact_name varchar(30), region varchar(15)
);
CREATE TABLE customer_customer_demo (
    customer_id bpchar REFERENCES customers, customer_type_id bpchar REFERENCES customer_demographics,
    PRIMARY KEY (customer_id, customer_type_id)
);
CREATE TABLE employees (
    employee_id smallint PRIMARY KEY, last_name varchar(20) NOT NULL, birth_date date, photo bytea, notes text,
    reports_to smallint REFERENCES employees, home_territory varchar(20) NOT NULL
);
CREATE TABLE employee_territories (
    employee_id smallint REFERENCES employees, territory_id varchar(20) REFERENCES territories,
    PRIMARY KEY (employee_id, territory_id)
);
CREATE TABLE orders (
    order_id smallint PRIMARY KEY, customer_id bpchar REFERENCES customers, employee_id smallint REFERENCES employees,
    order_date date, ship_via smallint REFERENCES shippers, freight real, ship_address varchar(60)
);
CREATE TABLE order_details (
    order_id smallint REFERENCES orders, product_id smallint REFERENCES products, unit_price real NOT NULL,
    quantity smallint NOT NULL, discount real NOT NULL, PRIMARY KEY (order_id, product_id)
);
-- The circle: each employee has a home territory, and each territory somebody who answers for it.
ALTER TABLE territories ADD COLUMN manager smallint NOT NULL REFERENCES employees DEFERRABLE;
ALTER TABLE employees ADD FOREIGN KEY (home_territory) REFERENCES territories DEFERRABLE;

INSERT INTO region VALUES (1, 'Eastern'), (2, 'Western'), (3, 'Northern ');
SET CONSTRAINTS ALL DEFERRED;
INSERT INTO territories
    SELECT lpad((n * 137)::text, 5, '0'), 'Territory ' || n || repeat(' ', n % 3), n % 3 + 1, n % 9 + 1
    FROM generate_series(1, 53) AS n;
INSERT INTO employees
    SELECT n, (ARRAY['Davolio', 'Fuller', 'O''Neil', 'Peacock', '"Buchanan"', 'Suyama', 'King', 'Çallahan', 'Dodsworth'])[n],
        DATE '1948-12-08' + n * 400, decode(repeat('15ff00', n), 'hex'), E'Line one\nline two,\t"quoted"\r\n' || n,
        CASE WHEN n <> 2 THEN CASE WHEN n < 6 THEN 2 ELSE 5 END END, lpad((n * 137)::text, 5, '0')
    FROM generate_series(1, 9) AS n;
INSERT INTO us_states SELECT n, 'State ' || n, chr(64 + n) || 'X' FROM generate_series(1, 26) AS n;
INSERT INTO shippers VALUES (1, 'Speedy', '(503) 555-9831'), (2, 'United', NULL), (3, 'Federal', '');
INSERT INTO suppliers SELECT n, 'Supplier ' || n, 'NO', '#http://example/' || n || '#' FROM generate_series(1, 29) AS n;
INSERT INTO categories SELECT n, 'Category ' || n, 'a, b & "c"', '\x0001ff' FROM generate_series(1, 8) AS n;
INSERT INTO products
    SELECT n, 'Product ' || n, n % 29 + 1, n % 8 + 1, n * 1.1::real, NULLIF(n % 7, 0), n % 2 FROM generate_series(1, 77) AS n;
INSERT INTO customer_demographics VALUES ('A', 'often'), ('B', NULL), ('C', '');
INSERT INTO customers
    SELECT 'CUST' || chr(64 + n % 26 + 1) || n, 'Company ' || n, 'Ünïcode ' || n, NULLIF('R' || n % 3, 'R0')
    FROM generate_series(1, 91) AS n;
INSERT INTO customer_customer_demo SELECT customer_id, 'A' FROM customers WHERE region IS NULL;
INSERT INTO customer_customer_demo SELECT customer_id, 'C' FROM customers;
INSERT INTO employee_territories SELECT n % 9 + 1, lpad((n * 137)::text, 5, '0') FROM generate_series(1, 49) AS n;
INSERT INTO orders
    SELECT 10247 + n, (SELECT customer_id FROM customers ORDER BY customer_id OFFSET n % 91 LIMIT 1), n % 9 + 1,
        DATE '1996-07-04' + n, n % 3 + 1, n / 7::real, 'Street ' || n
    FROM generate_series(1, 830) AS n;
INSERT INTO order_details
    SELECT 10248 + n / 3, (n % 3) * 25 + n % 25 + 1, (n % 50)::real / 3, n % 120 + 1, (n % 5) * 0.05::real
    FROM generate_series(0, 2154) AS n;
