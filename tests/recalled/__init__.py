"""A small city whose batches are recalled: what is delivered to it is the tests' own business."""
