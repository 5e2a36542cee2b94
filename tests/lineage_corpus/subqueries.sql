# scalar_subquery
: a: identity t.a
: m: aggregation u.d
: rows: t
select a, (select max(d) from u) as m from t

# scalar_subquery_filtered
: m: aggregation u.d; filter u.e
: rows: t
select (select max(d) from u where e = 'x') as m from t

# correlated_scalar_subquery
: m: aggregation u.d; filter u.a; correlated_subquery t.a
: rows: t
select (select max(d) from u where u.a = t.a) as m from t

# correlated_value
: m: expression t.a t.b
: rows: t
select (select t.a + t.b) as m from t

# correlated_count
: n: aggregation u.*; filter u.a; correlated_subquery t.a
: rows: t
select (select count(*) from u where u.a = t.a) as n from t

# correlated_limit_one
: m: correlated_subquery t.a; filter u.a; rename u.d; window_order u.e
: rows: t
select (select d from u where u.a = t.a order by e limit 1) as m from t

# subquery_in_filter
: a: identity t.a
: rows: filter t.a u.d
select a from t where a > (select min(d) from u)

# in_subquery
: b: identity t.b
: rows: filter t.a u.a
select b from t where a in (select a from u)

# not_in_filtered_subquery
: b: identity t.b
: rows: filter t.a u.a u.e
select b from t where a not in (select a from u where e = 'x')

# in_subquery_as_value
: x: expression t.a u.a
: rows: t
select a in (select a from u) as x from t

# exists
: b: identity t.b
: rows: t; existence u.*
select b from t where exists (select 1 from u)

# exists_correlated
: b: identity t.b
: rows: existence u.a; correlated_subquery t.a
select b from t where exists (select 1 from u where u.a = t.a)

# not_exists_correlated_filtered
: b: identity t.b
: rows: existence u.a u.d; correlated_subquery t.a
select b from t where not exists (select d from u where u.a = t.a and u.d > 3)

# exists_as_value
: x: existence u.a; correlated_subquery t.a
: rows: t
select exists (select 1 from u where u.a = t.a) as x from t

# any_subquery
: b: identity t.b
: rows: filter t.a u.a
select b from t where a = any (select a from u)

# all_subquery
: b: identity t.b
: rows: filter t.a u.d
select b from t where a < all (select d from u)

# subquery_in_case
: x: expression t.b; case_condition u.d t.a
: rows: t
select case when a > (select max(d) from u) then b end as x from t

# subquery_in_having
: c: identity t.c
: rows: group_by t.c; having t.b u.d
select c from t group by c having sum(b) > (select max(d) from u)

# subquery_in_order
: a: identity t.a
: rows: sort u.d; filter u.a; correlated_subquery t.a
select a from t order by (select max(d) from u where u.a = t.a)

# subquery_in_join_condition
: b: identity t.b
: rows: filter t.a u.a; existence v.k
select b from t join u on t.a = u.a and exists (select 1 from v where v.k > 1)

# subquery_of_subquery
: m: aggregation u.d; filter u.a v.k
: rows: t
select (select max(d) from u where a in (select k from v)) as m from t

# doubly_correlated
: b: identity t.b
: rows: existence u.a v.k; correlated_subquery t.a u.d
select b from t where exists (select 1 from u where u.a = t.a and exists (select 1 from v where v.k = u.d))

# correlated_two_levels_up
: b: identity t.b
: rows: correlated_subquery t.a; filter t.a; existence u.* v.k
select b from t where exists (select 1 from u where exists (select 1 from v where v.k = t.a))

# one_row_subquery_in_from
: a: identity t.a
: m: aggregation u.d
: rows: t
select t.a, q.m from t, (select max(d) as m from u) q

# array_subquery
: x: aggregation u.d; case_condition u.d
: rows: t
select array(select d from u) as x from t

# subquery_with_cte_inside
: m: aggregation u.d; filter u.e
: rows: t
select (with w as (select d from u where e = 'x') select max(d) from w) as m from t

# tuple_in_subquery
: c: identity t.c
: rows: filter t.a t.b u.a u.d
select c from t where (a, b) in (select a, d from u)

# subquery_star
: b: identity t.b
: rows: t; existence u.d
select b from t where exists (select * from u where d > 1)

# scalar_subquery_of_constant_row
: one: aggregation u.*; filter u.e
: rows: t
select (select 1 from u where e = 'x' limit 1) as one from t

# correlated_name_hidden_by_inner
: x: aggregation u.a
: rows: t
select (select max(a) from u) as x from t

# aggregate_of_outer_columns_keeps_inner_rows
: c: identity t.c
: x: existence u.d
: rows: group_by t.c
select c, exists (select max(t.a) from u where u.d > 3) as x from t group by c
