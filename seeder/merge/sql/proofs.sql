-- What the ledger has noted of the application's seeders that had nothing left to do, and whether all is as it was then.
SELECT
    s.name,
    s.proof,
    coalesce(found.state = s.proof ->> 'state' AND s.digest = pg_catalog.decode(s.proof ->> 'applied', 'hex'), false) AS holds
FROM {seeders} AS s
JOIN {applications} AS a ON a.id = s.application_id
LEFT JOIN (
{state}
) AS found ON found.seeder_id = s.id
WHERE a.name = {application} AND s.name = ANY ({names}) AND s.proof IS NOT NULL
