# union_all
: x: rename t.a u.d
: rows: t u
select a as x from t union all select d from u

# union_all_filtered_sides
: x: rename t.a u.d
: rows: filter t.b u.e
select a as x from t where b > 1 union all select d from u where e = 'x'

# union_distinct
: a: identity t.a u.a
: rows: set_operation t.a u.a
select a from t union select a from u

# union_distinct_two_columns
: a: identity t.a u.a
: b: identity t.b; rename u.d
: rows: set_operation t.a t.b u.a u.d
select a, b from t union select a, d from u

# except
: a: identity t.a
: rows: set_operation t.a u.a
select a from t except select a from u

# except_all_filtered
: a: identity t.a
: rows: set_operation t.a u.a; filter u.d
select a from t except all select a from u where d > 1

# intersect
: a: identity t.a
: rows: set_operation t.a u.a
select a from t intersect select a from u

# union_all_by_name
: a: identity t.a u.a
: b: identity t.b
: d: identity u.d
: rows: t u
select a, b from t union all by name select d, a from u

# union_by_name_distinct
: a: identity t.a u.a
: d: identity u.d
: rows: set_operation t.a u.a u.d
select a from t union by name select d, a from u

# three_unions
: x: rename t.a u.d v.k
: rows: t u v
select a as x from t union all select d from u union all select k from v

# union_then_except
: x: rename t.a u.d
: rows: set_operation t.a u.d v.k
(select a as x from t union all select d from u) except select k from v

# union_ordered_limited
: x: rename t.a u.d
: rows: sort t.a u.d; limit t.a u.d
select a as x from t union all select d from u order by x limit 3

# union_of_constants
: k: constant
select 1 as k union all select 2

# union_with_constant
: x: rename t.a
: rows: t
select a as x from t union all select 0

# union_in_cte_filtered
: x: rename t.a u.d
: rows: filter t.b u.a
with q as (select a as x, b as y from t union all select d, a from u) select x from q where y > 1

# union_aggregated
: s: aggregation t.a u.d
: o: rename t.c u.e
: rows: group_by t.c u.e
select o, sum(x) as s from (select a as x, c as o from t union all select d, e from u) q group by o

# union_with_cte_in_front
: x: rename t.a u.d
: rows: filter t.b; u
with q as (select a from t where b > 1) select a as x from q union all select d from u

# intersect_of_expression
: x: expression t.a
: rows: set_operation t.a u.d
select a + 1 as x from t intersect select d from u

# parenthesised_limits
: x: rename t.a u.d
: rows: limit t.b u.e; sort t.b u.e
(select a as x from t order by b limit 1) union all (select d from u order by e limit 1)

# union_mixed_cast
: x: cast t.a; rename u.e
: rows: t u
select a::varchar as x from t union all select e from u
