"""WHEN and WHERE: the only package that knows Dagster; settings and the command line live here."""
