# spark_backticks
: x: rename t.a
: rows: filter t.b
select `a` as `x` from `main`.`t` where `b` > 1

# spark_lateral_view
: b: identity t.b
: e: expression t.l
: rows: unnest t.l
select t.b, v.e from t lateral view explode(l) v as e

# spark_lateral_view_outer_filtered
: e: expression t.l
: rows: unnest t.l; filter t.c
select v.e from t lateral view outer explode(l) v as e where c = 'x'

# spark_left_semi
: b: identity t.b
: rows: join t.a u.a
select b from t left semi join u on t.a = u.a

# spark_left_anti
: b: identity t.b
: rows: join t.a u.a
select b from t left anti join u on t.a = u.a

# spark_collect_list
: c: identity t.c
: x: aggregation t.a
: rows: group_by t.c
select c, collect_list(a) as x from t group by c

# spark_if_and_nvl
: x: expression t.a t.b; case_condition t.c
: rows: t
select if(c = 'x', nvl(a, 0), b) as x from t

# spark_transform
: x: expression t.l t.a
: rows: t
select transform(l, v -> v + a) as x from t

# spark_named_struct
: x: expression t.a t.b
: rows: t
select named_struct('p', a, 'q', b) as x from t

# spark_pivot
: b: identity p.b
: x: aggregation p.a; pivot p.c
: y: aggregation p.a; pivot p.c
: rows: group_by p.b
select * from p pivot (sum(a) for c in ('x', 'y'))

# spark_window
: r: window t.*; window_partition t.c; window_order t.ts
: rows: t
select row_number() over (partition by c order by ts) as r from t

# spark_cte_and_union
: x: rename t.a u.d
: rows: filter t.b; u
with q as (select a as x from t where b > 1) select x from q union all select d from u

# spark_date_functions
: x: expression t.ts
: rows: t
select date_format(date_trunc('month', ts), 'yyyy') as x from t

# spark_sort_by
: a: identity t.a
: rows: sort t.b
select a from t sort by b

# spark_insert_overwrite
> u
: a: identity t.a
: d: rename t.b
: e: rename t.c
: rows: filter t.a
insert overwrite table u select a, b, c from t where a > 1

# spark_merge
> u
: a: identity t.a
: d: rename t.b
: rows: join t.a u.a
merge into u using t on u.a = t.a when matched then update set u.d = t.b when not matched then insert (a, d) values (t.a, t.b)

# spark_distribute_by
: a: identity t.a
: rows: sort t.b
select a from t distribute by b

# spark_cluster_by
: a: identity t.a
: rows: sort t.b
select a from t cluster by b

# spark_grouping_sets
: c: identity t.c
: n: aggregation t.a
: rows: group_by t.c t.b
select c, sum(a) as n from t group by grouping sets ((c), (b), ())

# spark_posexplode
: i: expression t.l
: e: expression t.l
: rows: unnest t.l
select v.i, v.e from t lateral view posexplode(l) v as i, e

# spark_explode_in_select
: c: identity t.c
: e: expression t.l
: rows: unnest t.l
select c, explode(l) as e from t

# spark_null_safe_join
: b: identity t.b
: rows: join t.a u.a
select b from t join u on t.a <=> u.a

# spark_full_join_using
: a: expression t.a u.a
: rows: join t.a u.a
select a from t full outer join u using (a)

# spark_natural_join
: b: identity t.b
: d: identity u.d
: rows: join t.a u.a
select b, d from t natural join u

# spark_star_except
: a: identity u.a
: e: identity u.e
: rows: u
select * except (d) from u

# spark_minus
: a: identity t.a
: rows: set_operation t.a u.a
select a from t minus select a from u

# spark_union_by_name_is_by_position
: a: identity t.a; rename u.d
: rows: t u
select a from t union all select d from u

# spark_inline_table
: x: constant
: b: identity t.b
: rows: join t.a
select v.x, t.b from t join values (1, 2), (3, 4) as v(x, y) on v.x = t.a

# spark_create_table_using
> made
: x: rename t.a
: rows: filter t.b
create table made using delta partitioned by (x) as select a as x from t where b > 1

# spark_recursive_cte
: n: expression t.a
: rows: t; filter t.a
with recursive q(n) as (select a from t union all select n + 1 from q where n < 5) select n from q

# spark_lateral_subquery
: b: identity t.b
: d: identity u.d
: rows: correlated_subquery t.a; filter u.a
select t.b, q.d from t, lateral (select d from u where u.a = t.a) q

# spark_aggregate_filter_and_first
: n: aggregation t.a; filter t.b
: f: aggregation t.c
select count_if(a > 1) filter (where b > 2) as n, first(c, true) as f from t

# spark_higher_order_functions
: x: expression t.l t.a
: y: expression t.l
: rows: t
select exists(l, v -> v > a) as x, aggregate(l, 0, (s, v) -> s + v) as y from t

# spark_struct_and_map
: x: expression t.a t.b
: y: expression t.c t.a
: rows: t
select struct(a, b) as x, map(c, a) as y from t

# spark_array_element
: x: expression t.l
: rows: t
select l[0] as x from t

# spark_exists_correlated
: b: identity t.b
: rows: existence u.a; correlated_subquery t.a
select b from t where exists (select 1 from u where u.a = t.a)

# spark_qualify
: a: identity t.a
: rows: window_partition t.c; window_order t.ts; qualify t.*
select a from t qualify row_number() over (partition by c order by ts) = 1

# spark_unpivot
: c: identity p.c
: k: constant
: v: expression p.a p.b
: rows: pivot p.a p.b
select * from p unpivot (v for k in (a, b))

# spark_tablesample
: a: identity t.a
: rows: t
select a from t tablesample (10 percent)

# spark_opaque_function
: x: expression t.a
: ? x opaque function
: rows: t
select my_udf(a) as x from t
