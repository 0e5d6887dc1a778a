-- What lets the role see every row of a table with row-level security.
SELECT pg_catalog.format(
    'the role must own the table, if its row security is not forced, or have BYPASSRLS: run ALTER ROLE %%I BYPASSRLS',
    current_user
)
