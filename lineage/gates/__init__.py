"""MAY IT LEAVE: the gates. Each is one small class that may withhold a product, always with a reason and a fix.

A gate reads `contracts.evidence` and an agreement, and nothing else: no file, no lake, no clock. `registry.py` lists
the gates and judges by them; a new gate is a class, a line there, and its name in `contracts.evidence.GATE_NAMES`.
"""
