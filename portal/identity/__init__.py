"""The pages of who is who: the pairs a steward is asked about, two records side by side, and the decision."""
