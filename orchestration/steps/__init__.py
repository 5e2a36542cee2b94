"""What the steps of a run do, beside what `lake` does for them: models built, tables checked. No Dagster but in
`resource.py`, which hands the open city to the steps."""
