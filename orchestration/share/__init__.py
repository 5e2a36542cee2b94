"""From a product table to a release or a refusal: export the candidate, gather the evidence, ask the gates, publish."""
