"""A module for each subcommand, which is imported if the subcommand is called."""
