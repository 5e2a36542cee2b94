"""The words that cannot stand bare for a column: they are DuckDB's, or the SQL parser that lineage reads by takes them.

A list, because this package asks no engine. The test beside holds it against both engines, word for word.
"""

from __future__ import annotations

_WORDS = """
all alter analyse analyze and anti any array as asc asof asymmetric at authorization between binary both by case
cast check collate collation column columns concurrently connect_by_root constraint create cross cube
current_catalog current_date current_time current_timestamp current_user default deferrable desc describe distinct
do drop else end except false fetch for force foreign freeze from full generated glob grant group having ilike in
initially inner insert install intersect into is isnull join lambda lateral leading left like limit localtime
localtimestamp lock map natural not notnull null offset on only or order outer overlaps partitioned_by pivot
pivot_longer pivot_wider placing positional primary qualify references regexp returning revoke right rlike
rollback rollup select semi session_user show similar some struct summarize symmetric table tablesample then to
trailing true try_cast uncache union unique unpack unpivot using variadic verbose when where window with xor
"""

RESERVED = frozenset(_WORDS.split())
