#!/bin/sh
# Make 0.1.0.* anew. SEEDER is the command of version 0.1.0; PGHOST, PGPORT, PGUSER and PGDATABASE
# name an empty database of PostgreSQL 15, and the role must be a superuser.
set -eu
cd "$(dirname "$0")"
seed() { $SEEDER --all --allow-code --path "$PWD/seeds/$1" --log-format json; }
sql() { psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --file="steps/$1.sql"; }
sql tables
seed 1
seed 1
sql people_1
seed 2
sql people_2
seed 2
seed 2 | jq --sort-keys --slurp '[.[] | select(.event == "seeder.finished")
    | {key: .seeder, value: {outcome, inserted, updated, deleted, unchanged, kept}}] | from_entries' >0.1.0.json
$SEEDER status --json --allow-code --path "$PWD/seeds/2" | jq --sort-keys 'map(del(.file)
    | {key: .name, value: del(.name)}) | from_entries' >0.1.0.status.json
# What other versions of PostgreSQL do not know is left out.
pg_dump --no-owner --no-privileges --inserts | grep -v -E '^([\]|SET transaction_timeout)' >0.1.0.sql
