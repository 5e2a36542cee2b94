"""Running dbt on the workspace's project: profile, manifest, and builds. The only package that imports dbt."""
