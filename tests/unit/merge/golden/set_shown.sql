-- The cells that `retired_rows: set` is about to change, as they are and as they are going to be: for `--diff`.
SELECT doomed.key, CAST(ARRAY[(CAST("live"."enabled" AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST("live"."stock" AS pg_catalog.text)) COLLATE pg_catalog."C"] AS pg_catalog.text[]) AS live, CAST(ARRAY[(CAST(CAST(%(value_0)s AS "pg_catalog"."bool") AS pg_catalog.text)) COLLATE pg_catalog."C", (CAST(CAST(%(value_1)s AS "pg_catalog"."int4") AS pg_catalog.text)) COLLATE pg_catalog."C"] AS pg_catalog.text[]) AS desired
FROM "shop"."goods" AS live
JOIN ROWS FROM (
    pg_catalog.unnest(CAST(%(versions)s AS pg_catalog.tid[])),
    pg_catalog.unnest(CAST(%(relations)s AS pg_catalog.oid[])),
    pg_catalog.unnest(CAST(%(keys)s AS pg_catalog.text[]))
) AS doomed (version, relation, key) ON live.ctid = doomed.version AND live.tableoid = doomed.relation
ORDER BY doomed.key
