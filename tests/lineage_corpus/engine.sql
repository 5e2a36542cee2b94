# chain_of_methods
: x: expression t.c
: a: identity t.a
: rows: t
select c.trim().upper().reverse() as x, a from t

# chain_with_argument_column
: x: expression t.c u.e
: rows: join t.a u.a
select c.replace(e, 'z').lower() as x from t join u using (a)

# chain_in_having
: b: identity t.b
: rows: group_by t.b; having t.c
select b from t group by b having max(c).upper() > 'M'

# chain_in_window_order
: r: window t.*; window_order t.c
: rows: t
select row_number() over (order by c.lower()) as r from t

# chain_of_aggregate
: x: aggregation t.a
: y: aggregation t.b
select a.sum() as x, b.max() as y from t

# arrow_inside_a_function
: x: expression v.j
: rows: v
select lower(j -> '$.a') as x from v

# arrow_in_an_aggregate
: k: identity v.k
: x: aggregation v.j
: rows: group_by v.k
select k, list(j ->> 'b') as x from v group by k

# arrow_in_a_condition
: k: identity v.k
: rows: filter v.j
select k from v where length(j ->> '$.a') > 2

# arrow_in_nullif
: x: expression v.j; case_condition v.j
: rows: v
select nullif(j -> 'a', '1') as x from v

# arrow_in_a_lambda_body
: x: expression v.j v.k
: rows: v
select list_transform([k], lambda r: lower(j -> 'a')) as x from v

# method_in_a_lambda_body
: x: expression t.c t.l
: rows: t
select list_transform(l, lambda r: c.upper()) as x from t

# having_by_alias_of_a_sum
: c: identity t.c
: a: aggregation t.b
: rows: having t.b; group_by t.c
! the second reader takes a for the column
select c, sum(b) as a from t group by c having a > 3

# having_by_two_aliases
: c: identity t.c
: b: aggregation t.a
: n: aggregation t.*
: rows: having t.a; group_by t.c
! the second reader takes b for the column
select c, max(a) as b, count(*) as n from t group by c having b > 7 and n < 9

# natural_join_of_three
: b: identity t.b
: d: identity u.d
: x: identity v.x
: rows: join t.a u.a v.a
select b, d, x from t natural join u natural join v

# using_then_natural
: b: identity t.b
: rows: join t.a u.a v.a
select b from t join u using (a) natural join v

# natural_in_parentheses
: d: identity u.d
: rows: join t.a u.a v.a
select d from (t natural join u) natural join v

# columns_by_posix_class
: x: expression t.a t.b
: rows: t
select greatest(*columns('^[[:lower:]]$')) as x from (select a, b from t)

# columns_by_lambda_of_letters
: a: identity t.a
: ab: expression t.a
: rows: t
select columns(x -> left(x, 1) = 'a') from (select a, a * 2 as ab, b from t)

# columns_not_like_is_case_sensitive
: y: expression t.a t.b
: rows: t
select list_value(*columns(x -> x not like 'A%')) as y from (select a, b from t)

# star_not_like
: b: identity t.b
: rows: t
select * not like 'a%' from (select a, b from t)

# star_exclude_one_side_of_using
: a: identity t.a
: b: rename u.d
: rows: join t.a u.a
select * exclude (t.b) from (select a, b from t) t join (select a, d as b from u) u using (a)

# names_numbered_twice
: x: rename t.a
: x_1: rename t.b
: x_1_1: rename t.c
: rows: t
! the second reader numbers names otherwise
select a as x, b as x, c as x_1 from t

# name_of_a_position
: b: identity t.b
: rows: t
select #2 from t

# rows_by_subscripts
: c: identity t.c
: g: expression t.l
: rows: unnest t.l
select c, generate_subscripts(l, 1) as g from t

# rows_by_split_to_table
: a: identity t.a
: g: expression t.c
: rows: unnest t.c
select a, regexp_split_to_table(c, 'x') as g from t

# array_of_an_ordered_subquery
: x: aggregation u.d; case_condition u.d; sort u.e
select array(select d from u order by e) as x

# ordered_list_of_a_subquery
: c: identity t.c
: x: aggregation t.a; case_condition t.a; sort t.b
: rows: group_by t.c
select c, json_group_array(a) as x from (select c, a from t order by b) q group by c

# positional_of_two_orders
: x: aggregation t.a u.d; sort t.b u.e
select sum(p.a * q.d) as x from (select a from t order by b) p positional join (select d from u order by e) q

# part_of_a_date_by_column
: x: expression t.c t.ts
: rows: t
select date_trunc(c, ts) as x from t

# difference_by_column
: x: expression t.c t.ts
: rows: t
select date_diff(c, ts, ts + interval 1 day) as x from t

# bucket_with_origin
: x: expression t.a t.ts
: rows: t
select time_bucket(interval 1 day, ts, ts - interval (a) day) as x from t

# struct_of_the_first_row
: x: expression t.b; limit t.a; sort t.a
! a row that a subquery gives is one value to the plan
select (select q from (select a, b from t) q order by a limit 1).b as x

# built_in_name_taken_by_a_column
: x: rename t.a
: rows: t
select sum as x from (select a as sum from t)

# extension_of_a_row
: x: expression t.a t.b t.c t.l t.s t.ts
: rows: t
select t as x from t

# alias_before_from
: x: expression t.a t.b
: y: rename t.c
: rows: t
from t select x: a + b, y: c

# distinct_aggregate_filtered
: n: aggregation t.a; filter t.c
select count(distinct a) filter (where c = 'x') as n from t

# window_excluding_ties
: x: window t.a; window_order t.b
: rows: t
select sum(a) over (order by b groups between 1 preceding and current row exclude ties) as x from t

# asof_with_inequality
: b: identity t.b
: d: identity u.d
: rows: join t.a t.c u.a u.e
select t.b, u.d from t asof join u on t.c = u.e and t.a > u.a

# full_join_coalesces
: a: expression t.a u.a
: b: identity t.b
: d: identity u.d
: rows: join t.a u.a
select a, b, d from t full join u using (a)

# semi_join_filter_inside
: c: identity t.c
: rows: join t.a u.a; filter u.d
select c from t semi join (select a from u where d > 1) q using (a)

# not_exists_with_two_links
: b: identity t.b
: rows: correlated_subquery t.a t.c; existence u.a u.e
select b from t where not exists (select 1 from u where u.a = t.a and u.e = t.c)

# any_of_a_correlated_list
: b: identity t.b
: rows: filter t.a u.d u.e; correlated_subquery t.c
select b from t where a = any (select d from u where u.e = t.c)

# scalar_by_arg_max
: x: correlated_subquery t.a; filter u.a; aggregation u.d u.e
: rows: t
select (select arg_max(d, e) from u where u.a = t.a) as x from t

# grouping_sets_of_two
: c: identity t.c
: b: identity t.b
: n: aggregation t.*
: rows: group_by t.b t.c
select c, b, count(*) as n from t group by grouping sets ((c), (b))

# case_of_constants_only
: x: case_condition t.a t.b
: rows: t
select case when a > 1 then 'yes' when b > 1 then 'no' end as x from t

# lag_with_column_offset
: x: window t.a; window_order t.b t.ts
: rows: t
! the second reader takes an offset for a value
select lag(a, b::bigint, 0) over (order by ts) as x from t

# list_reduce_with_index
: x: expression t.l
: rows: t
select list_reduce(l, lambda p, q, i: p + q + i) as x from t

# map_from_two_lists
: x: expression t.c t.l
: rows: t
select map(l, [c]) as x from t

# list_slice_by_columns
: x: expression t.a t.b t.l
: rows: t
select l[a:b] as x from t

# in_list_of_columns
: x: expression t.a t.b
: rows: t
select a in (b, 3) as x from t

# between_columns
: c: identity t.c
: rows: filter t.a t.b
select c from t where a between b and b + 3

# union_by_name_missing
: a: identity t.a
: c: identity t.c; rename u.e
: rows: t u
select a, c from t union all by name select e as c from u

# except_all_keeps_left
: a: identity t.a
: b: identity t.b
: rows: set_operation t.a t.b u.a u.d
select a, b from t except all select a, d from u

# recursive_walk
: a: identity t.a
: b: identity t.b
: rows: join t.a t.b; filter t.b
with recursive w as (select a, b from t where b is null union all select t.a, w.b from t join w on t.b = w.a) select * from w

# values_list_joined
: a: identity t.a
: y: constant
: rows: join t.a
select t.a, q.y from t join (values (1, 'a'), (2, 'b')) q(x, y) on t.a = q.x

# query_table_by_name
: a: identity t.a
: rows: t
select a from query_table('t')

# sample_keeps
: a: identity t.a
: rows: t
select a from t using sample 3 rows

# summarize_is_of_all
: column_name: constant
: min: aggregation t.a t.b t.c t.l t.s t.ts
select column_name, min from (summarize t)
