"""What all tests share: properties without deadlines, and which tests stay together on one worker."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

# A loaded machine is slow, not wrong.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# Modules that judge the same run of the same city run it once.
_SHARED = {"test_sample_city.py": "sample_city", "test_lineage_city.py": "sample_city"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a module's tests on one worker, since module fixtures are what costs; and sharers of a city together."""
    for item in items:
        module = item.nodeid.split("::")[0]
        shared = _SHARED.get(item.path.name) if "/integration/" in module else None
        item.add_marker(pytest.mark.xdist_group(shared or module))
