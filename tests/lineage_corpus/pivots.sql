# pivot_statement
: b: identity p.b
: x: aggregation p.a; filter p.c
: y: aggregation p.a; filter p.c
: rows: group_by p.b
pivot p on c in ('x', 'y') using sum(a) group by b

# pivot_without_group_uses_the_rest
: b: identity p.b
: x: aggregation p.a; filter p.c
: rows: group_by p.b
pivot p on c in ('x') using sum(a)

# pivot_without_aggregate_counts
: a: identity p.a
: b: identity p.b
: x: aggregation p.*; filter p.c
: rows: group_by p.a p.b
pivot p on c in ('x')

# pivot_two_aggregates
: b: identity p.b
: x_s: aggregation p.a; filter p.c
: x_m: aggregation p.a; filter p.c
: rows: group_by p.b
pivot p on c in ('x') using sum(a) as s, max(a) as m group by b

# pivot_standard
: b: identity p.b
: x: aggregation p.a; filter p.c
: y: aggregation p.a; filter p.c
: rows: group_by p.b
select * from p pivot (sum(a) for c in ('x', 'y'))

# pivot_standard_grouped
: b: identity p.b
: x_q: aggregation p.a; filter p.c
: rows: group_by p.b
from p pivot (sum(a) as q for c in ('x') group by b)

# pivot_of_subquery_filtered
: b: identity t.b
: x: aggregation t.a; filter t.c
: rows: group_by t.b; filter t.ts
pivot (select a, b, c from t where ts is not null) on c in ('x') using sum(a)

# pivot_dynamic_names
: b: identity p.b
: rows: group_by p.b
: open: aggregation p.a; pivot p.c
: ? * statement does not plan
pivot p on c using sum(a) group by b

# pivot_dynamic_column_by_name
: x: aggregation p.a; pivot p.c
: rows: group_by p.b
: ? * statement does not plan
select "x" from (pivot p on c using sum(a) group by b) q

# pivot_aliased_values
: b: identity p.b
: first: aggregation p.a; filter p.c
: rows: group_by p.b
select * from p pivot (sum(a) for c in ('x' as first))

# pivot_filtered_afterwards
: b: identity p.b
: rows: filter p.a p.c; group_by p.b
select b from (pivot p on c in ('x') using sum(a) group by b) q where "x" > 1

# unpivot_statement
: c: identity p.c
: k: constant
: v: expression p.a p.b
: rows: filter p.a p.b
unpivot p on a, b into name k value v

# unpivot_defaults
: c: identity p.c
: name: constant
: value: expression p.a p.b
: rows: filter p.a p.b
unpivot p on a, b

# unpivot_include_nulls
: c: identity p.c
: k: constant
: v: expression p.a p.b
: rows: p
from p unpivot include nulls (v for k in (a, b))

# unpivot_columns
: c: identity p.c
: k: constant
: v: expression p.a p.b
: rows: filter p.a p.b
unpivot p on columns(* exclude (c)) into name k value v

# unpivot_pairs
: c: identity p.c
: k: constant
: v: expression p.a p.b
: w: expression p.a p.b
: rows: filter p.a p.b
unpivot p on (a, b), (b, a) into name k value v, w

# unpivot_aggregated
: k: constant
: s: aggregation p.a p.b
: rows: filter p.a p.b
select k, sum(v) as s from (unpivot p on a, b into name k value v) q group by k
