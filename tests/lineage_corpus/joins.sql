# inner_join
: b: identity t.b
: d: identity u.d
: rows: join t.a u.a
select b, d from t join u on t.a = u.a

# join_influences_columns_of_both_sides
: b: identity t.b
: rows: join t.a u.a
select b from t join u on t.a = u.a

# join_on_expression
: b: identity t.b
: rows: join t.a t.c u.a u.e
select b from t join u on t.a + 1 = u.a and t.c = u.e

# left_join
: b: identity t.b
: d: identity u.d
: rows: join t.a u.a
select b, d from t left join u on t.a = u.a

# right_join
: b: identity t.b
: d: identity u.d
: rows: join t.a u.a
select b, d from t right join u on t.a = u.a

# full_join
: b: identity t.b
: d: identity u.d
: rows: join t.a u.a
select b, d from t full join u on t.a = u.a

# cross_join
: b: identity t.b
: rows: t u
select b from t cross join u

# comma_join_with_filter
: b: identity t.b
: d: identity u.d
: rows: filter t.a u.a
select b, d from t, u where t.a = u.a

# join_using_takes_left
: a: identity t.a
: d: identity u.d
: rows: join t.a u.a
select a, d from t join u using (a)

# left_join_using_takes_left
: a: identity t.a
: rows: join t.a u.a
select a from t left join u using (a)

# right_join_using_takes_right
: a: identity u.a
: rows: join t.a u.a
select a from t right join u using (a)

# full_join_using_takes_either
: a: expression t.a u.a
: rows: join t.a u.a
select a from t full join u using (a)

# using_qualified_stays_itself
: x: rename u.a
: rows: join t.a u.a
select u.a as x from t full join u using (a)

# using_star
: a: identity t.a
: b: identity t.b
: d: identity u.d
: e: identity u.e
: rows: join t.a u.a
select * from (select a, b from t) q join u using (a)

# using_of_three
: a: identity t.a
: d: identity u.d
: k: identity v.k
: rows: join t.a u.a v.a
select a, d, k from t join u using (a) join v using (a)

# full_using_of_three
: a: expression t.a u.a v.a
: rows: join t.a u.a v.a
select a from t full join u using (a) full join v using (a)

# natural_join
: a: identity t.a
: d: identity u.d
: rows: join t.a u.a
select a, d from t natural join u

# natural_left_join_star
: k: identity v.k
: a: identity v.a
: x: identity v.x
: y: identity v.y
: j: identity v.j
: d: identity u.d
: e: identity u.e
: rows: join v.a u.a
select * from v natural left join u

# semi_join
: b: identity t.b
: rows: join t.a u.a
select b from t semi join u on t.a = u.a

# semi_join_using_star
: a: identity u.a
: d: identity u.d
: e: identity u.e
: rows: join t.a u.a
select * from u semi join t using (a)

# anti_join
: b: identity t.b
: rows: join t.a u.a; filter u.d
select b from t anti join u on t.a = u.a and u.d > 10

# asof_join
: b: identity t.b
: d: identity u.d
: rows: join t.a u.a
select b, d from t asof join u on t.a >= u.a

# asof_left_join
: b: identity t.b
: d: identity u.d
: rows: join t.a u.a t.c u.e
select b, d from t asof left join u on t.c = u.e and t.a >= u.a

# asof_using
: a: identity t.a
: d: identity u.d
: rows: join t.a u.a
select a, d from t asof join u using (a)

# positional_join
: a: identity t.a
: d: identity u.d
: rows: t u
select t.a, u.d from t positional join u

# positional_join_of_filtered
: a: identity t.a
: d: identity u.d
: rows: filter u.e; t
select t.a, q.d from t positional join (select d from u where e = 'x') q

# self_join
: x: rename t.a
: y: rename t.b
: rows: join t.a t.b
select p.a as x, q.b as y from t p join t q on p.a = q.b

# chain_of_joins
: c: identity t.c
: d: identity u.d
: x: identity v.x
: rows: join t.a u.a u.d v.k
select t.c, u.d, v.x from t join u on t.a = u.a left join v on u.d = v.k

# join_in_parentheses
: b: identity t.b
: k: identity v.k
: rows: join u.a v.a t.a
select t.b, v.k from t left join (u join v on u.a = v.a) on t.a = u.a

# join_of_derived_with_filter
: b: identity t.b
: n: rename u.d
: rows: join t.a u.a; filter u.e
select t.b, q.n from t join (select a, d as n from u where e = 'x') q on q.a = t.a

# join_only_multiplies
: b: identity t.b
: rows: t; filter u.e
select t.b from t cross join (select 1 as one from u where e = 'x') q

# filter_after_left_join
: b: identity t.b
: rows: join t.a u.a; filter u.d
select b from t left join u on t.a = u.a where u.d is null

# lateral_subquery
: b: identity t.b
: z: expression t.a
: rows: t
select t.b, q.z from t, lateral (select t.a + 1 as z) q

# lateral_filtered
: b: identity t.b
: d: identity u.d
: rows: correlated_subquery t.a; filter u.a
select t.b, q.d from t, lateral (select d from u where u.a = t.a) q

# lateral_without_the_word
: z: expression t.a u.d
: rows: t; u
select q.z from t, (select t.a + u.d as z from u) q

# lateral_left_join
: b: identity t.b
: d: identity u.d
: rows: correlated_subquery t.a; filter u.a; window_order u.d
select t.b, q.d from t left join lateral (select d from u where u.a = t.a order by d limit 1) q on true

# lateral_unnest
: b: identity t.b
: e: expression t.l
: rows: correlated_subquery t.l
! the plan numbers the rows around an unnest and joins by that number
select t.b, q.e from t, unnest(t.l) as q(e)

# lateral_range
: b: identity t.b
: i: expression t.a
: rows: correlated_subquery t.a
select t.b, r.i from t, range(t.a) as r(i)

# range_of_constants
: i: constant
select i from range(3) r(i)

# generate_series_joined
: b: identity t.b
: rows: t
select t.b from t, generate_series(1, 2)

# join_on_true
: b: identity t.b
: d: identity u.d
: rows: t u
select b, d from t join u on true

# inequality_join
: b: identity t.b
: rows: join t.a u.a u.d
select b from t join u on t.a between u.a and u.d

# table_named_like_a_column
: x: rename u.a
: rows: join t.a u.a
select b.a as x from t join u b on t.a = b.a

# join_with_subquery_in_condition
: b: identity t.b
: rows: filter t.a u.a v.x
select b from t join u on t.a = u.a and u.a > (select max(x) from v)

# asof_join_on_two_keys
: b: identity t.b
: d: identity u.d
: rows: join t.c u.e t.a u.a
select b, d from t asof join u on t.c = u.e and t.a >= u.a

# semi_join_then_join
: b: identity t.b
: x: identity v.x
: rows: join t.a u.a t.b v.k
select b, v.x from t semi join u on t.a = u.a join v on v.k = t.b

# lateral_of_lateral
: z: expression t.a
: w: expression t.a
: rows: t
select p.z, q.w from t, lateral (select t.a + 1 as z) p, lateral (select p.z * 2 as w) q

# unnest_with_ordinality
: e: expression t.l
: i: expression t.l
: rows: correlated_subquery t.l
! the plan numbers the rows around an unnest and joins by that number
select q.e, q.i from t, unnest(t.l) with ordinality as q(e, i)

# values_joined
: b: identity t.b
: n: constant
: rows: join t.a
select t.b, q.n from t join (values (1, 'x'), (2, 'y')) q(id, n) on q.id = t.a
