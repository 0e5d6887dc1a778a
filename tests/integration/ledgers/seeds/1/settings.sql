-- seeder: run=changed
CREATE TABLE IF NOT EXISTS settings (name text PRIMARY KEY, value text);
INSERT INTO settings VALUES ('theme', 'dark') ON CONFLICT DO NOTHING;
