-- What the ledger knows of the table `target` and of the seeder that fills it.
--
-- A registration is of one table under one key. It is found by the table's name; or, after the table was renamed, by
-- its OID, if that still counts and no table has the old name. `own` says whether this seeder has entries under it.
SELECT
    (SELECT form.form FROM {form} AS form) AS ledger_form,
    CAST(CAST({form_name} AS pg_catalog.regclass) AS pg_catalog.int8) AS ledger_oid,
    self.id AS seeder_id,
    self.digest AS seeder_digest,
    self.release AS seeder_release,
    self.earlier AS seeder_earlier,
    self.origin AS seeder_origin,
    (SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
         'id', t.id, 'schema', t.schema_name, 'name', t.table_name,
         'relation', CAST(t.relation AS pg_catalog.int8), 'ledger', CAST(t.ledger AS pg_catalog.int8),
         'columns', t.columns, 'numbers', t.numbers, 'types', t.types, 'key', t.key, 'slots', t.slots,
         'own', EXISTS (SELECT FROM {rows} AS r WHERE r.table_id = t.id AND r.seeder_id = self.id)))
     FROM {tables} AS t
     WHERE (t.schema_name = target.nspname AND t.table_name = target.relname)
         OR (t.relation = target.oid AND t.ledger = CAST({form_name} AS pg_catalog.regclass) AND NOT EXISTS (
             SELECT FROM pg_catalog.pg_class AS c
             JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
             WHERE n.nspname = t.schema_name AND c.relname = t.table_name))) AS tables,
    -- The seeders whose rows pass to this one: its former names, its own name before applications had names, and all of the
    -- application that were last applied under a release that was withdrawn or forgotten since.
    (SELECT pg_catalog.json_agg(s.id)
     FROM {seeders} AS s
     JOIN {applications} AS a ON a.id = s.application_id
     WHERE a.name || '/' || s.name = ANY (CAST(%(formerly)s AS pg_catalog.text[]))
         OR (a.name = 'default' AND s.name = %(seeder)s AND %(application)s <> 'default')
         OR (a.name = %(application)s AND s.release = ANY (CAST(%(overtaken)s AS pg_catalog.text[])))) AS former
FROM (SELECT 1) AS always
LEFT JOIN (
    SELECT s.id, s.digest, s.release, s.earlier, s.proof ->> 'origin' AS origin
    FROM {seeders} AS s
    JOIN {applications} AS a ON a.id = s.application_id
    WHERE a.name = %(application)s AND s.name = %(seeder)s
) AS self ON true
