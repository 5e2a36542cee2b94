"""The city's lineage for pages: that of the newest run, read again where a run has built another.

It is large and the same for all readers, so it is kept; who may know what of it is `seen.py`'s.
"""

from __future__ import annotations

from threading import Lock

from lake.column_lineage import CityLineage, graph_file, load_lineage
from portal.city import City


class Known:
    """The lineage of one city. Safe to use from several threads."""

    def __init__(self, city: City) -> None:
        self._city, self._lock = city, Lock()
        self._of: tuple[object, ...] = ()
        self._lineage: CityLineage | None = None

    def now(self) -> CityLineage | None:
        """The newest lineage; None where no run has built one."""
        with self._lock:
            of = (id(self._city.catalogue), *self._stamps())
            if of != self._of:
                self._lineage = load_lineage(self._city.settings, self._city.catalogue)
                self._of = of
            return self._lineage

    def _stamps(self) -> tuple[object, ...]:
        settings = self._city.settings
        files = (graph_file(settings), settings.manifest)
        return tuple((one.stat().st_mtime_ns, one.stat().st_size) if one.exists() else None for one in files)
