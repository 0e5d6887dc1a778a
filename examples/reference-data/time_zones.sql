CREATE TABLE time_zones (
    name         text PRIMARY KEY,
    links_to     text REFERENCES time_zones (name),
    country_code text REFERENCES countries (alpha_2),
    latitude     numeric(6, 4) CHECK (latitude BETWEEN -90 AND 90),
    longitude    numeric(7, 4) CHECK (longitude BETWEEN -180 AND 180),
    observed_in  text[] NOT NULL,
    comments     text,
    enabled      boolean NOT NULL DEFAULT true,
    CHECK ((country_code IS NULL) = (latitude IS NULL)),
    CHECK ((latitude IS NULL) = (longitude IS NULL))
);

CREATE INDEX ON time_zones (country_code);
CREATE INDEX ON time_zones (links_to);
CREATE INDEX ON time_zones USING gin (observed_in);

COMMENT ON TABLE time_zones IS 'The IANA time zone database: names only; offsets change, so ask pg_timezone_names for those.';
COMMENT ON COLUMN time_zones.links_to IS 'The zone that this is another name for; NULL for a zone in its own right.';
COMMENT ON COLUMN time_zones.country_code IS 'The country whose people pick this name from a list; NULL for names kept for old programs.';
COMMENT ON COLUMN time_zones.latitude IS 'Degrees north, of the zone''s principal place.';
COMMENT ON COLUMN time_zones.longitude IS 'Degrees east, of the zone''s principal place.';
COMMENT ON COLUMN time_zones.observed_in IS 'All countries whose clocks have agreed with this zone since 1970; that of its largest city comes first.';
COMMENT ON COLUMN time_zones.comments IS 'Which part of a country with several zones.';
COMMENT ON COLUMN time_zones.enabled IS 'Whether the application offers the zone. Never written by the seeds while the database lists it.';
