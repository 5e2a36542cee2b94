"""Asking (供需对接): requests as cases with their clocks, filed, answered and decided in pages."""
