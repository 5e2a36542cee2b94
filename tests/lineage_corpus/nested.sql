# struct_field
: x: expression t.s
: rows: t
select s.x from t

# struct_field_qualified
: y: expression t.s
: rows: t
select t.s.y from t

# struct_made_and_taken_apart
: k: rename t.a
: rows: t
select q.z.p as k from (select {'p': a, 'q': b} as z from t) q

# struct_pack
: z: expression t.a t.b
: rows: t
select struct_pack(p := a, q := b) as z from t

# struct_key_in_brackets
: k: rename t.b
: rows: t
select z['q'] as k from (select {'p': a, 'q': b} as z from t) q

# struct_extract
: k: rename t.a
: rows: t
select struct_extract(z, 'p') as k from (select {'p': a, 'q': b} as z from t) q

# struct_star
: x: expression t.s
: y: expression t.s
: rows: t
select s.* from t

# unnest_struct
: x: expression t.s
: y: expression t.s
: rows: t
select unnest(s) from t

# list_literal
: x: expression t.a t.b
: rows: t
select [a, b] as x from t

# list_element
: x: expression t.l t.a
: rows: t
select l[a] as x from t

# list_slice
: x: expression t.l
: rows: t
select l[1:2] as x from t

# unnest_in_select
: e: expression t.l
: b: identity t.b
: rows: unnest t.l
select b, unnest(l) as e from t

# unnest_constant_list
: b: identity t.b
: e: constant
: rows: t
select b, unnest([1, 2]) as e from t

# unnest_in_from_unnamed
: unnest: expression t.l
: rows: correlated_subquery t.l
! the plan numbers the rows around an unnest and joins by that number
select unnest from t, unnest(t.l)

# lambda_with_capture
: x: expression t.l t.a
: rows: t
select list_transform(l, lambda v: v + a) as x from t

# lambda_parameter_hides_column
: x: expression t.l
: rows: t
select list_transform(l, lambda a: a + 1) as x from t

# list_filter_capture
: x: expression t.l t.b
: rows: t
select list_filter(l, lambda v: v > b) as x from t

# nested_lambdas
: x: expression t.l t.a
: rows: t
select list_transform(l, lambda v: list_sum(list_transform(l, lambda w: w * v + a))) as x from t

# list_reduce
: x: expression t.l
: rows: t
select list_reduce(l, lambda p, q: p + q) as x from t

# comprehension
: x: expression t.a t.b t.l
: rows: t
select [v + a for v in l if v > b] as x from t

# list_aggregate
: x: expression t.l
: rows: t
select list_sum(l) as x from t

# map_access
: x: expression t.c t.a
: rows: t
select map([c], [a])['k'] as x from t

# json_path
: x: expression v.j
: rows: v
select j ->> '$.name' as x from v

# json_each
: key: expression v.j
: rows: correlated_subquery v.j
select q.key from v, json_each(v.j) q

# struct_in_aggregate
: z: aggregation t.a t.b
select list({'p': a, 'q': b}) as z from t

# struct_passed_through_join
: k: rename t.a
: rows: join t.a u.a
select w.z.p as k from (select a, {'p': a, 'q': b} as z from t) w join u on w.a = u.a

# generate_subscripts_by_range
: x: expression t.l
: rows: t
select list_transform(range(len(l)), lambda i: i) as x from t

# string_split_unnest
: w: expression t.c
: rows: unnest t.c
select unnest(string_split(c, ',')) as w from t

# lambda_in_python_style
: x: expression t.l t.a
: rows: t
select list_transform(l, lambda v: v + a) as x from t

# comprehension_with_condition
: x: expression t.a t.b t.l
: rows: t
select [v + a for v in l if v > b] as x from t

# unnest_recursive
: b: identity t.b
: x: expression t.s
: y: expression t.s
: rows: t
! the second reader takes a recursive unnest to multiply rows, for a struct may hold lists
select b, unnest(s, recursive := true) from t

# list_of_structs
: x: aggregation t.a t.b
: rows: group_by t.c
select list({'p': a, 'q': b}) as x from t group by c
