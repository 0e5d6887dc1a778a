"""`make bench`: seeder side by side with psql by hand, knex and Django's loaddata, as ratios of medians."""
