"""One run in one process: Dagster's instance and event log, what is imported when, and the run itself."""
