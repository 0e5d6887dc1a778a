"""The run, from settings to report: order, transactions, one seeder after another, and the verdict."""
