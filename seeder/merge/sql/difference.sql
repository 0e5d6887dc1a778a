-- The rows of the seed file that ask for work, or that stay as somebody made them. It goes with the transaction.
CREATE TEMPORARY TABLE {difference} ON COMMIT DROP AS
SELECT compared.*, compared.action = 0 AND 1 = ANY (compared.states) AS writes
FROM ({compare}) AS compared
WHERE {work} OR {kept} OR compared.action = 6
