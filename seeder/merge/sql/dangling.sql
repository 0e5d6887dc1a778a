-- The key of a row that refers to one that is not there, if there is one.
SELECT {key} AS key
FROM {table} AS live
WHERE {named} AND NOT EXISTS (SELECT FROM {parent} AS parent WHERE {refers})
LIMIT 1
