-- Who a session is, and what was set in it. It runs under whatever search path the session has, so that operators carry
-- their schema too. The settings of the transaction itself are left out.
SELECT
    CAST(session_user AS pg_catalog.text),
    pg_catalog.current_setting('role'),
    CAST(coalesce((
        SELECT pg_catalog.json_object_agg(s.name, s.setting) FROM pg_catalog.pg_settings AS s
        WHERE s.source OPERATOR(pg_catalog.=) 'session' AND s.name OPERATOR(pg_catalog.<>) ALL (ARRAY[
            'transaction_isolation', 'transaction_read_only', 'transaction_deferrable'])), '{{}}') AS pg_catalog.text)
