"""The registry of who is who: stable ids for clusters of records, every change an event, and what persons decide."""
