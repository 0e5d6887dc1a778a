"""What leaves the process: events, the log, the report, and the files that it is written to."""
