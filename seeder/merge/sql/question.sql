-- Ask for all proofs in one message, and thus in one transaction that ends with it. A pooler may hand out a session that
-- another client has changed: names are looked for where the role itself looks for them, and nowhere else after that.
SELECT
    pg_catalog.set_config('search_path', (SELECT s.reset_val FROM pg_catalog.pg_settings AS s
        WHERE s.name OPERATOR(pg_catalog.=) 'search_path'), true),
    {settings};
SELECT
    pg_catalog.set_config('seeder_proof.schemas',
        CAST(CAST(pg_catalog.current_schemas(false) AS pg_catalog.text[]) AS pg_catalog.text), true),
    pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true),
    pg_catalog.set_config('row_security', 'off', true),
    pg_catalog.set_config('jit', 'off', true);
{proofs}
