-- What each sought combination finds: one of the values taken, and how many rows there are.
SELECT {terms} sought.{flag}, (pg_catalog.array_agg(parent.{taken}))[1] AS found, pg_catalog.count(*) AS count
FROM (SELECT DISTINCT {sought} each.{flag} FROM {seed} AS each WHERE each.{flag}) AS sought
JOIN {parent} AS parent ON {joins}{nested}
GROUP BY {terms} sought.{flag}
