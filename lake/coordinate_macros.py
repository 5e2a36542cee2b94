"""Macros of the engine that make coordinates in CGCS2000 of those in GCJ-02 and BD-09. Text alone; who installs them is
`engine_macros`.

GCJ-02 moves a place of WGS-84 by some hundred metres, by a formula that was never published and that is known from the
libraries that use it (its ellipsoid is Krasovsky's, GB/T 14911: a = 6378245 m); outside of a box around the country it
moves nothing. It is undone by iteration: what three steps leave is less than a millimetre. BD-09 turns and moves GCJ-02
once more, and is undone in closed form, to within a metre. CGCS2000 and WGS-84 differ by less than a decimetre here.
"""

from __future__ import annotations

_ECCENTRICITY, _AXIS = "0.00669342162296594323", "6378245.0"
_WAVES = "(20.0 * sin(6.0 * {x} * pi()) + 20.0 * sin(2.0 * {x} * pi())) * 2.0 / 3.0"


def _sum(waves: tuple[tuple[str, str], ...]) -> str:
    return " + ".join(f"{height} * sin({over})" for height, over in waves)


def _moved(axis: str) -> str:
    """How far GCJ-02 moves a place at `x`, `y` degrees from 105 E, 35 N, in metres."""
    long = axis == "x"
    head = "300.0 + x + 2.0 * y + 0.1 * x * x" if long else "-100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y"
    root = "0.1 * sqrt(abs(x))" if long else "0.2 * sqrt(abs(x))"
    slow = _sum((("20.0", f"{axis} * pi()"), ("40.0", f"{axis} / 3.0 * pi()")))
    wide = (("150.0", "x / 12.0 * pi()"), ("300.0", "x / 30.0 * pi()"))
    slowest = _sum(wide if long else (("160.0", "y / 12.0 * pi()"), ("320.0", "y * pi() / 30.0")))
    waves = _WAVES.format(x="x")
    return f"{head} + 0.1 * x * y + {root} + {waves} + ({slow}) * 2.0 / 3.0 + ({slowest}) * 2.0 / 3.0"


_FIRST = {"lon": "lon - zt.gcj02_east(lon, lat)", "lat": "lat - zt.gcj02_north(lon, lat)"}
_NEXT = {"lon": "lon - zt.gcj02_east(p.x, p.y)", "lat": "lat - zt.gcj02_north(p.x, p.y)"}


def _undone(axis: str) -> str:
    """The place that GCJ-02 moved to `lon`, `lat`: three steps of the iteration."""
    last = {"lon": "lon - zt.gcj02_east(q.x, q.y)", "lat": "lat - zt.gcj02_north(q.x, q.y)"}[axis]
    inner = f"list_transform([{{x: {_NEXT['lon']}, y: {_NEXT['lat']}}}], lambda q: {last})[1]"
    found = f"list_transform([{{x: {_FIRST['lon']}, y: {_FIRST['lat']}}}], lambda p: {inner})[1]"
    return f"case when lon between 72.004 and 137.8347 and lat between 0.8293 and 55.8271 then {found} else {axis} end"


COORDINATES = f"""
create or replace macro zt.gcj02_shift_x(x, y) as {_moved("x")};
create or replace macro zt.gcj02_shift_y(x, y) as {_moved("y")};
create or replace macro zt.gcj02_curve(lat) as 1 - {_ECCENTRICITY} * sin(radians(lat)) * sin(radians(lat));
create or replace macro zt.gcj02_east(lon, lat) as zt.gcj02_shift_x(lon - 105.0, lat - 35.0) * 180.0
  / ({_AXIS} / sqrt(zt.gcj02_curve(lat)) * cos(radians(lat)) * pi());
create or replace macro zt.gcj02_north(lon, lat) as zt.gcj02_shift_y(lon - 105.0, lat - 35.0) * 180.0
  / ({_AXIS} * (1 - {_ECCENTRICITY}) / (zt.gcj02_curve(lat) * sqrt(zt.gcj02_curve(lat))) * pi());
create or replace macro zt.gcj02_longitude(lon, lat) as {_undone("lon")};
create or replace macro zt.gcj02_latitude(lon, lat) as {_undone("lat")};
create or replace macro zt.bd09_radius(lon, lat) as sqrt(pow(lon - 0.0065, 2) + pow(lat - 0.006, 2))
  - 0.00002 * sin((lat - 0.006) * pi() * 3000.0 / 180.0);
create or replace macro zt.bd09_angle(lon, lat) as atan2(lat - 0.006, lon - 0.0065)
  - 0.000003 * cos((lon - 0.0065) * pi() * 3000.0 / 180.0);
create or replace macro zt.bd09_longitude(lon, lat) as list_transform([{{
  x: zt.bd09_radius(lon, lat) * cos(zt.bd09_angle(lon, lat)),
  y: zt.bd09_radius(lon, lat) * sin(zt.bd09_angle(lon, lat))}}], lambda g: zt.gcj02_longitude(g.x, g.y))[1];
create or replace macro zt.bd09_latitude(lon, lat) as list_transform([{{
  x: zt.bd09_radius(lon, lat) * cos(zt.bd09_angle(lon, lat)),
  y: zt.bd09_radius(lon, lat) * sin(zt.bd09_angle(lon, lat))}}], lambda g: zt.gcj02_latitude(g.x, g.y))[1];
"""
"""They lower nothing, and are expanded wherever they are called: lineage sees what they are made of."""
