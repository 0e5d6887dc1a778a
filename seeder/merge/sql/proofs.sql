-- The application's newest release, what the ledger has noted of its seeders that had nothing left to do, and whether all
-- is as it was then. One snapshot for all of it, so that no proof is older than the release that stands beside it.
SELECT
    a.release,
    {since} AS since,
    a.withdrawn,
    s.name,
    s.proof,
    coalesce(found.state = s.proof ->> 'state' AND s.digest = pg_catalog.decode(s.proof ->> 'applied', 'hex'), false) AS holds
FROM {applications} AS a
LEFT JOIN {seeders} AS s ON s.application_id = a.id AND s.name = ANY ({names}) AND s.proof IS NOT NULL
LEFT JOIN (
{state}
) AS found ON found.seeder_id = s.id
WHERE a.name = {application}
