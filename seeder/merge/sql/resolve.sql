-- Fill in what a form of `!ref` finds, for the rows for which it finds exactly one row.
UPDATE {stage} AS seed
SET {cell} = found.found, {flag} = false
FROM ({found}) AS found
WHERE seed.{flag} AND {matches} AND found.count = 1
