-- Insert the rows that are not there, in the order of the seed file: one statement for all of them, so that rows may
-- refer to each other whatever their order. It runs under the role's own search path, for its triggers.
WITH {inserts}
SELECT {inserted} AS inserted, {altered} AS altered
