-- Give the settings of a session the values that they had, and reset those that were not set: to set what is NULL is to
-- reset. It runs under whatever search path the session has, so that operators carry their schema too. The settings of
-- the transaction itself stay: it is still under way.
SELECT pg_catalog.set_config(s.name, own.value, false)
FROM pg_catalog.pg_settings AS s
LEFT JOIN pg_catalog.json_each_text(CAST(%(settings)s AS pg_catalog.json)) AS own
    ON own.key OPERATOR(pg_catalog.=) s.name
WHERE s.source OPERATOR(pg_catalog.=) 'session' AND s.name OPERATOR(pg_catalog.<>) ALL (ARRAY[
    'transaction_isolation', 'transaction_read_only', 'transaction_deferrable'])
