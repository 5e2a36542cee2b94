# one_column
: a: identity t.a
: rows: t
select a from t

# renamed
: x: rename t.a
: rows: t
select a as x from t

# cast
: x: cast t.a
: rows: t
select cast(a as varchar) as x from t

# cast_operator_keeps_name
: a: cast t.a
: rows: t
select a::bigint as a from t

# try_cast
: x: cast t.c
: rows: t
select try_cast(c as integer) as x from t

# expression_of_two
: x: expression t.a t.b
: rows: t
select a + b as x from t

# constant_beside_a_column
: a: identity t.a
: k: constant
: rows: t
select a, 1 as k from t

# constant_without_table
: k: constant
select 'x' as k

# function_of_columns
: x: expression t.c t.a
: rows: t
select substr(c, a, 3) as x from t

# coalesce_uses_all
: x: expression t.a t.b
: rows: t
select coalesce(a, b, 0) as x from t

# nullif_uses_both
: x: expression t.a t.b; case_condition t.a t.b
: rows: t
select nullif(a, b) as x from t

# filter
: a: identity t.a
: rows: filter t.b
select a from t where b > 0

# filter_on_itself
: a: identity t.a
: rows: filter t.a
select a from t where a > 0

# filter_of_many_terms
: a: identity t.a
: rows: filter t.a t.b t.c
select a from t where (a > 0 or b < 3) and not (c is null)

# filter_between_and_in
: c: identity t.c
: rows: filter t.a t.b
select c from t where a between 1 and b and b in (1, 2, 3)

# constant_filter
: a: identity t.a
: rows: t
select a from t where 1 = 1

# case_when
: x: expression t.b t.c; case_condition t.a
: rows: t
select case when a > 1 then b::varchar else c end as x from t

# case_of_value
: x: expression t.b; case_condition t.a
: rows: t
select case a when 1 then b when 2 then -b end as x from t

# case_of_constants
: x: case_condition t.a
: rows: t
select case when a > 1 then 'high' else 'low' end as x from t

# nested_case
: x: expression t.a; case_condition t.b t.c
: rows: t
select case when b > 1 then case when c = 'x' then a end end as x from t

# if_function
: x: expression t.a t.b; case_condition t.c
: rows: t
select if(c = 'x', a, b) as x from t

# boolean_value
: x: expression t.a t.b
: rows: t
select a > b as x from t

# lateral_alias
: x: expression t.a
: y: expression t.a
: rows: t
select a + 1 as x, x * 2 as y from t

# lateral_alias_loses_against_column
: a: rename t.b
: y: expression t.a
: rows: t
select b as a, a + 1 as y from t

# alias_in_where
: x: rename t.b
: rows: filter t.b
select b as x from t where x > 5

# column_before_alias_in_where
: a: rename t.b
: rows: filter t.a
select b as a from t where a > 0

# table_alias
: x: rename t.a
: rows: t
select q.a as x from t q

# column_aliases_of_table
: x: rename u.a
: y: rename u.d
: rows: filter u.e; u
select x, y from u as w(x, y, z) where z = 'p'

# qualified_by_schema
: a: identity t.a
: rows: filter t.b
select main.t.a from main.t where t.b = 1

# quoted_and_upper_case
: a: identity t.a
: rows: filter t.b
select "A" from T where "b" = 1

# comment_that_looks_like_code
: a: identity t.a
: rows: t
select a /* , b from u where */ from t -- where b > 1

# string_that_looks_like_code
: x: constant
: rows: t
select 'select b from t where c = 1' as x from t

# from_first
: a: identity t.a
: b: identity t.b
: c: identity t.c
: l: identity t.l
: s: identity t.s
: ts: identity t.ts
: rows: t
from t

# from_first_select
: x: rename t.a
: rows: filter t.b
from t select a as x where b > 1

# order_by_decides_order
: a: identity t.a
: rows: sort t.b
select a from t order by b

# order_by_alias_first
: b: expression t.b
: rows: sort t.b
select -b as b from t order by b

# order_by_alias_of_another
: b: rename t.a
: rows: sort t.a
select a as b from t order by b

# order_by_expression_uses_columns
: b: rename t.a
: rows: sort t.b
select a as b from t order by b + 0

# order_by_position
: a: identity t.a
: c: identity t.c
: rows: sort t.c
select a, c from t order by 2 desc

# order_by_all
: a: identity t.a
: c: identity t.c
: rows: sort t.a t.c
select a, c from t order by all

# limit_with_order
: a: identity t.a
: rows: limit t.b; sort t.b
select a from t order by b limit 3

# limit_alone
: a: identity t.a
: rows: t
select a from t limit 3

# offset_with_order
: a: identity t.a
: rows: limit t.c; sort t.c
select a from t order by c offset 2

# limit_by_subquery
: a: identity t.a
: rows: t; limit u.d
select a from t limit (select max(d) from u)

# distinct
: a: identity t.a
: b: identity t.b
: rows: distinct t.a t.b
select distinct a, b from t

# distinct_of_expression
: x: expression t.a
: rows: distinct t.a
select distinct a % 2 as x from t

# distinct_on
: a: identity t.a
: b: identity t.b
: rows: distinct t.a t.c; sort t.a t.c
select distinct on (a) a, b from t order by a, c

# sample
: a: identity t.a
: rows: t
select a from t using sample 100%

# positional_column
: x: rename t.b
: rows: t
select #2 as x from t

# duplicate_names
: a: identity t.a
: a_1: rename t.b
: rows: t
select a, b as a from t

# derived_table
: x: rename t.a
: rows: filter t.b t.a
select x from (select a as x, b as y from t where b > 1) q where x > 0

# derived_table_filter_on_inner_column
: x: rename t.a
: rows: filter t.b
select x from (select a as x, b as y from t) q where y > 0

# three_levels_deep
: z: expression t.a
: rows: filter t.c
select y + 1 as z from (select x * 2 as y from (select a as x from t where c = 'x') i) j

# unused_inner_column_influences_nothing
: x: rename t.a
: rows: t
select x from (select a as x, b + 1 as y from t) q

# values
: p: constant
: q: constant
select * from (values (1, 'x'), (2, 'y')) v(p, q)

# values_with_names
: col0: constant
: col1: constant
values (1, 2), (3, 4)

# regexp_and_concat
: x: expression t.c t.b
: rows: t
select regexp_replace(c, 'x', b::varchar) || '!' as x from t

# date_functions
: x: expression t.ts t.a
: rows: t
select date_trunc('month', ts) + to_days(a) as x from t

# extract
: x: expression t.ts
: rows: t
select extract(year from ts) as x from t

# interval_of_column
: x: expression t.ts t.a
: rows: t
select ts - interval (a) day as x from t

# is_distinct_from
: x: expression t.a t.b
: rows: t
select a is distinct from b as x from t

# greatest
: x: expression t.a t.b
: rows: t
select greatest(a, b) as x from t

# not_and_negation
: x: expression t.a
: y: expression t.b
: rows: t
select not (a > 1) as x, -b as y from t

# version_of_builtins_without_columns
: x: constant
: rows: t
select pi() as x from t

# collate
: x: rename t.c
: rows: t
select c collate nocase as x from t

# at_time_zone
: x: expression t.ts
: rows: t
select strftime(ts, '%Y') as x from t
