# row_number
: r: window t.*; window_partition t.c; window_order t.ts
: rows: t
select row_number() over (partition by c order by ts) as r from t

# sum_over_partition
: s: window t.a; window_partition t.c
: rows: t
select sum(a) over (partition by c) as s from t

# running_sum
: s: window t.a; window_partition t.c; window_order t.ts
: rows: t
select sum(a) over (partition by c order by ts rows between unbounded preceding and current row) as s from t

# lag_with_default
: x: window t.a t.b; window_order t.ts
: rows: t
select lag(a, 1, b) over (order by ts) as x from t

# named_window
: s: window t.a; window_partition t.c; window_order t.b
: rows: t
select sum(a) over w as s from t window w as (partition by c order by b)

# two_named_windows
: s: window t.a; window_partition t.c
: r: window t.*; window_order t.b
: rows: t
select sum(a) over w as s, rank() over v as r from t window w as (partition by c), v as (order by b)

# window_of_expression
: x: window t.a t.b; window_partition t.c
: rows: t
select max(a + b) over (partition by upper(c)) as x from t

# qualify
: a: identity t.a
: rows: qualify t.*; window_partition t.c; window_order t.ts
select a from t qualify row_number() over (partition by c order by ts desc) = 1

# qualify_by_alias
: a: identity t.a
: r: window t.*; window_partition t.c; window_order t.ts
: rows: qualify t.*; window_partition t.c; window_order t.ts
select a, rank() over (partition by c order by ts) as r from t qualify r = 1

# qualify_by_value
: a: identity t.a
: rows: qualify t.b; window_partition t.c
select a from t qualify max(b) over (partition by c) > 3

# window_over_aggregate
: c: identity t.c
: x: window t.a; window_order t.a
: rows: group_by t.c
select c, sum(sum(a)) over (order by sum(a)) as x from t group by c

# rank_of_groups
: c: identity t.c
: r: window t.*; window_order t.a
: rows: group_by t.c
select c, rank() over (order by sum(a) desc) as r from t group by c

# count_over_everything
: n: window t.*
: a: identity t.a
: rows: t
select a, count(*) over () as n from t

# count_over_filtered
: n: window t.*
: rows: filter t.b
select count(*) over () as n from t where b > 1

# window_in_expression
: x: window t.a
: rows: t
select a - avg(a) over () as x from t

# window_in_case
: x: expression t.b; case_condition t.*; window_partition t.c; window_order t.ts
: rows: t
select case when row_number() over (partition by c order by ts) = 1 then b end as x from t

# first_value_ignore_nulls
: x: window t.a; window_partition t.c; window_order t.ts
: rows: t
select first_value(a ignore nulls) over (partition by c order by ts) as x from t

# ntile
: x: window t.*; window_order t.a
: rows: t
select ntile(4) over (order by a) as x from t

# range_frame
: s: window t.a; window_order t.b
: rows: t
select sum(a) over (order by b range between 1 preceding and 1 following) as s from t

# frame_bound_by_column
: s: window t.a; window_order t.b t.ts
: rows: t
select sum(a) over (order by ts rows between b preceding and current row) as s from t

# filtered_window
: s: window t.a; filter t.b; window_partition t.c
: rows: t
select sum(a) filter (where b > 1) over (partition by c) as s from t

# window_in_order_by
: a: identity t.a
: rows: sort t.*; window_order t.b
select a from t order by rank() over (order by b)

# window_in_scalar_subquery
: x: window t.*; window_order t.b
: rows: u
select (select max(r) from (select row_number() over (order by b) as r from t) q) as x from u

# row_number_of_ordered_subquery
: r: window t.*; sort t.b
: a: identity t.a
: rows: sort t.b
select a, row_number() over () as r from (select a from t order by b) q

# percent_rank_and_distinct
: p: window t.*; window_order t.a
: rows: distinct t.*; window_order t.a
select distinct percent_rank() over (order by a) as p from t

# exclude_current_row
: s: window t.a; window_order t.b
: rows: t
select sum(a) over (order by b rows between unbounded preceding and unbounded following exclude current row) as s from t

# dedup_keep_latest
: a: identity t.a
: b: identity t.b
: rows: filter t.*; window_partition t.a; window_order t.ts
select a, b from (select *, row_number() over (partition by a order by ts desc) as rn from t) q where rn = 1
