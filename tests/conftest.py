"""What all tests share: properties without deadlines, and which tests stay together on one worker."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

# A loaded machine is slow, not wrong.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# Modules that judge the same run of the same city run it once.
_SHARED = dict.fromkeys(("test_lineage_city.py", "test_processes_city.py", "test_sample_city.py"), "sample_city")


class _ByModule(LoadScopeScheduling):
    """A module's tests on one worker, since module fixtures are what costs; and sharers of a city together."""

    def _split_scope(self, nodeid: str) -> str:
        module = PurePosixPath(nodeid.split("::")[0])
        return _SHARED.get(module.name, str(module)) if "integration" in module.parts else str(module)


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Instead of marks: pytest-xdist hangs those to names that pytest 9.2 no longer reads."""
    return _ByModule(config, log)
