# scalar_macro
: x: expression t.a t.b
: rows: t
select plus(a, b) as x from t

# scalar_macro_default
: x: expression t.a
: rows: t
select scaled(a) as x from t

# macro_reading_a_table
: x: aggregation u.d; filter u.a; correlated_subquery t.a
: rows: t
select lookup(a) as x from t

# macro_that_aggregates
: r: aggregation t.a t.*
select ratio(a) as r from t

# table_macro
: a: identity u.a
: d: identity u.d
: rows: filter u.d
select * from above(3)

# table_macro_of_column
: b: identity t.b
: d: identity u.d
: rows: filter u.d; correlated_subquery t.a
select t.b, q.d from t, above(t.a) q

# declassified
: m: declassify_mask_id:expression t.c
: rows: t
select zt.declassify_mask_id(c) as m from t

# declassified_with_schema
: m: declassify_mask_id:expression t.c
: rows: t
select zt.declassify_mask_id(c) as m from t

# declassified_beside_plain
: m: declassify_mask_id:expression t.c; expression t.a
: rows: t
select zt.declassify_mask_id(c) || a as m from t

# declassified_inside_cte
: n: declassify_mask_id:expression t.c
: rows: t
with q as (select zt.declassify_mask_id(c) as m from t) select upper(m) as n from q

# declassified_join_key
: b: identity t.b
: rows: declassify_mask_id:join t.c u.e; t u
select b from t join u on zt.declassify_mask_id(t.c) = zt.declassify_mask_id(u.e)

# declassified_and_plain_of_one_column
: m: declassify_mask_id:expression t.c; expression t.c
: rows: t
select zt.declassify_mask_id(c) || c as m from t

# counted_with_suppression
: c: identity t.c
: n: declassify_k_count:aggregation t.*
: rows: group_by t.c
select c, zt.declassify_k_count(count(*), 10) as n from t group by c

# guarded_groups
: c: identity t.c
: n: declassify_k_rows:filter t.b; declassify_k_rows:aggregation t.*
: rows: declassify_k_rows:filter t.b; declassify_k_rows:group_by t.c; declassify_k_rows:having t.a; declassify_k_rows:rows t.*
select c, count(*) as n from t where b > 1 group by c having zt.declassify_k_rows(count(distinct a), 10)

# opaque_function
: x: expression t.a
: rows: t
: ? * statement does not plan
select mystery(a) as x from t

# opaque_function_beside_a_known_column
: a: identity t.a
: x: constant
: rows: t
: ? * statement does not plan
select a, mystery() as x from t

# opaque_function_in_filter
: a: identity t.a
: rows: filter t.b
: ? * opaque function
select a from t where mystery(b)

# setting_is_opaque
: x: constant
: rows: t
: ? * statement does not plan
select getvariable('secret') as x from t

# macro_named_argument
: x: expression t.a t.b
: rows: t
select scaled(a, f := b) as x from t

# macro_of_macros
: x: expression t.a t.b
: rows: t
select plus(scaled(a), plus(b, 1)) as x from t

# table_macro_joined_in_a_cte
: b: identity t.b
: d: identity u.d
: rows: filter u.d; join t.a u.a
with q as (select * from above(2)) select t.b, q.d from t join q on q.a = t.a

# macro_called_in_a_filter
: b: identity t.b
: rows: filter u.a u.d; t
! inside the macro's body the engine takes a for the column of u; the second reader for that of t
select b from t where lookup(a) > 1

# macro_with_too_many_arguments
: x: expression t.a t.b
: rows: t
: ? * statement does not plan
select plus(a, b, a) as x from t

# unknown_table_macro
: open: constant
: ? * table function may read anything
select * from beneath(3)

# macro_hides_a_built_in
: x: expression t.a
: rows: t
select main.scaled(a) as x from t
