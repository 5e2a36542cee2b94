"""The same query with the persons behind each row beside it: a text to run on the lake, and what it adds.

Lives here: rewriting by syntax trees. Must not live here: running anything, thresholds, verdicts."""
