# one_row_sum
: s: aggregation t.a
select sum(a) as s from t

# one_row_sum_filtered
: s: aggregation t.a; filter t.b
select sum(a) as s from t where b > 1

# one_row_constant_beside_sum
: s: aggregation t.a; filter t.b
: k: constant
select sum(a) as s, 1 as k from t where b > 1

# count_star
: n: aggregation t.*
select count(*) as n from t

# count_star_filtered
: n: aggregation t.*; filter t.b
select count(*) as n from t where b > 1

# count_star_joined
: n: aggregation t.* u.*; join t.a u.a
select count(*) as n from t join u on t.a = u.a

# count_constant
: n: aggregation t.*
select count(1) as n from t

# count_column
: n: aggregation t.a
select count(a) as n from t

# count_distinct
: n: aggregation t.c
select count(distinct c) as n from t

# sum_joined
: s: aggregation u.d; join t.a u.a
select sum(d) as s from t join u on t.a = u.a

# sum_over_cross_join
: s: aggregation u.d; rows t.*
select sum(d) as s from t cross join u

# group_by
: c: identity t.c
: s: aggregation t.a
: rows: group_by t.c
select c, sum(a) as s from t group by c

# group_by_count
: c: identity t.c
: n: aggregation t.*
: rows: group_by t.c
select c, count(*) as n from t group by c

# group_by_hidden_key
: s: aggregation t.a
: rows: group_by t.c
select sum(a) as s from t group by c

# group_by_position
: c: identity t.c
: s: aggregation t.a
: rows: group_by t.c
select c, sum(a) as s from t group by 1

# group_by_alias
: x: expression t.c
: s: aggregation t.a
: rows: group_by t.c
select upper(c) as x, sum(a) as s from t group by x

# group_by_all
: c: identity t.c
: x: expression t.b
: s: aggregation t.a
: rows: group_by t.c t.b
select c, b % 2 as x, sum(a) as s from t group by all

# group_by_expression
: s: aggregation t.a
: rows: group_by t.ts
select sum(a) as s from t group by date_trunc('day', ts)

# having
: c: identity t.c
: rows: group_by t.c; having t.a
select c from t group by c having sum(a) > 10

# having_count
: c: identity t.c
: rows: group_by t.c; having t.*
select c from t group by c having count(*) > 1

# having_by_alias
: c: identity t.c
: total: aggregation t.a
: rows: group_by t.c; having t.a
select c, sum(a) as total from t group by c having total > 10

# having_without_group
: m: aggregation t.a
: rows: having t.b
select max(a) as m from t having max(b) > 1

# aggregate_filter
: c: identity t.c
: s: aggregation t.a; filter t.b
: rows: group_by t.c
select c, sum(a) filter (where b > 1) as s from t group by c

# aggregate_of_expression
: s: aggregation t.a t.b
select sum(a * b) as s from t

# aggregate_of_case
: s: aggregation t.a; case_condition t.c
select sum(case when c = 'x' then a else 0 end) as s from t

# conditional_count
: n: case_condition t.c; aggregation t.*
select count(case when c = 'x' then 1 end) as n from t

# expression_of_aggregates
: r: aggregation t.a t.*
select sum(a) / count(*) as r from t

# ordered_list
: x: aggregation t.a; sort t.b
select list(a order by b) as x from t

# string_agg_ordered
: x: aggregation t.c; sort t.ts
select string_agg(c, ',' order by ts desc) as x from t

# list_of_ordered_subquery
: x: aggregation t.a; sort t.b
select list(a) as x from (select a from t order by b) q

# sum_of_ordered_subquery
: x: aggregation t.a
select sum(a) as x from (select a from t order by b) q

# first_of_ordered_subquery
: x: aggregation t.a; sort t.b
select first(a) as x from (select a from t order by b desc) q

# arg_max
: x: aggregation t.a t.b
select arg_max(a, b) as x from t

# quantile
: x: aggregation t.a
select quantile_cont(a, 0.5) as x from t

# percentile_within_group
: x: aggregation t.a
select percentile_cont(0.5) within group (order by a) as x from t

# any_value_grouped
: c: identity t.c
: x: aggregation t.a
: rows: group_by t.c
select c, any_value(a) as x from t group by c

# grouping_sets
: c: identity t.c
: b: identity t.b
: s: aggregation t.a
: rows: group_by t.c t.b
select c, b, sum(a) as s from t group by grouping sets ((c), (b), ())

# rollup
: c: identity t.c
: s: aggregation t.a
: rows: group_by t.c t.b
select c, sum(a) as s from t group by rollup (c, b)

# cube_with_grouping
: c: identity t.c
: g: aggregation t.c
: rows: group_by t.c
select c, grouping(c) as g from t group by cube (c)

# group_of_group
: m: aggregation t.a
: rows: group_by t.c
select max(s) as m from (select c, sum(a) as s from t group by c) q group by c

# count_of_filtered_groups
: n: aggregation t.*; group_by t.c; having t.a
select count(*) as n from (select c from t group by c having sum(a) > 1) q

# order_by_aggregate
: c: identity t.c
: rows: group_by t.c; sort t.a
select c from t group by c order by sum(a) desc

# limit_by_aggregate
: c: identity t.c
: rows: group_by t.c; sort t.a; limit t.a
select c from t group by c order by sum(a) desc limit 2

# distinct_aggregate
: s: aggregation t.a
: rows: group_by t.c; distinct t.a
select distinct sum(a) as s from t group by c

# sum_of_distinct_join_key
: c: identity t.c
: n: aggregation u.d
: rows: join t.a u.a; group_by t.c
select t.c, count(distinct u.d) as n from t left join u using (a) group by t.c

# histogram
: x: aggregation t.c
select histogram(c) as x from t

# max_n
: x: aggregation t.a
select max(a, 2) as x from t

# bool_and
: x: aggregation t.a t.b
select bool_and(a > b) as x from t

# group_by_struct_field
: x: expression t.s
: n: aggregation t.*
: rows: group_by t.s
select s.x as x, count(*) as n from t group by s.x

# count_of_row
: n: aggregation t.*
select count(t.*) as n from t

# first_beside_count_is_no_scalar_subquery
: x: aggregation t.a
: n: aggregation t.*; filter t.b
select first(a) as x, count(*) filter (where b > 1) as n from t
