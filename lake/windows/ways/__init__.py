"""Ways in: what brings micro-batches of streams from elsewhere into the inboxes. One module for each kind of broker.

A way brings messages to a `Gatherer` and is told when they lie safe; what becomes of them then is not its business.
"""
