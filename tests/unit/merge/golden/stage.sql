-- The rows of the seed file, each cell of its column's type. It goes with the transaction.
CREATE TEMPORARY TABLE "pg_temp"."seeder_stage_1" (
    n pg_catalog.int4 , shape pg_catalog.int4 DEFAULT 0, done pg_catalog.bool DEFAULT false,
    "c0" "pg_catalog"."text" , "c1" "pg_catalog"."numeric"(10,2) , "c2" "pg_catalog"."int4" , "c3" "pg_catalog"."numeric"(10,2) , "c4" "pg_catalog"."jsonb" , "c5" "pg_catalog"."timestamptz" , "c6" "pg_catalog"."bool" , "c7" "shop"."mood" , "c8" "pg_catalog"."int4"[] 
) ON COMMIT DROP
