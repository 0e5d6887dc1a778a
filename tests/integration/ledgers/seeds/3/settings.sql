-- seeder: run=changed
CREATE TABLE IF NOT EXISTS settings (name text PRIMARY KEY, value text);
INSERT INTO settings VALUES ('size', 'large') ON CONFLICT DO NOTHING;
