-- Holds the rows of the seed file that ask for work, or that stay as somebody made them. It goes with the transaction.
CREATE TEMPORARY TABLE "pg_temp"."seeder_difference_2" (
    n pg_catalog.int4,
    shape pg_catalog.int4,
    action pg_catalog.int4,
    states pg_catalog.int2[],
    writes pg_catalog.bool,
    version pg_catalog.tid,
    relation pg_catalog.oid,
    writer pg_catalog.xid,
    listed pg_catalog.bool,
    owned pg_catalog.bool,
    entered pg_catalog.bool,
    holder pg_catalog.int4,
    as_left pg_catalog.bool,
    key pg_catalog.text COLLATE pg_catalog."C"
) ON COMMIT DROP
