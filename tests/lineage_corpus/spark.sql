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

# spark_distribute_by_is_not_understood
: a: identity t.a
: rows: t
: ? * clause is not understood
select a from t distribute by b
