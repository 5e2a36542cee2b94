"""Own traces: which releases held somebody who asks about themselves, to whom they went and why."""
