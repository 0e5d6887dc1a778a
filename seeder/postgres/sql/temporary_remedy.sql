-- What lets the role create temporary tables.
SELECT pg_catalog.format('run GRANT TEMPORARY ON DATABASE %%I TO %%I', pg_catalog.current_database(), current_user)
