# star
: a: identity u.a
: d: identity u.d
: e: identity u.e
: rows: u
select * from u

# star_exclude
: a: identity u.a
: e: identity u.e
: rows: u
select * exclude (d) from u

# star_replace
: a: identity u.a
: d: expression u.d u.a
: e: identity u.e
: rows: u
select * replace (d + a as d) from u

# star_rename
: a: identity u.a
: z: rename u.d
: e: identity u.e
: rows: u
select * rename (d as z) from u

# star_exclude_replace_together
: a: expression u.a
: e: identity u.e
: rows: u
select * exclude (d) replace (a * 2 as a) from u

# qualified_star
: a: identity u.a
: d: identity u.d
: e: identity u.e
: rows: join t.a u.a
select u.* from t join u on t.a = u.a

# star_of_join
: a: identity t.a
: b: identity t.b
: a_1: rename u.a
: d: identity u.d
: rows: join t.a u.a
select * from (select a, b from t) q join (select a, d from u) w on q.a = w.a

# star_like
: d: identity u.d
: rows: u
select * like 'd%' from u

# columns_regex
: a: identity u.a
: d: identity u.d
: rows: u
select columns('^[ad]$') from u

# columns_star_exclude
: a: identity u.a
: d: identity u.d
: rows: u
select columns(* exclude (e)) from u

# columns_in_aggregate
: a: aggregation u.a
: d: aggregation u.d
select max(columns('a|d')) from u

# columns_lambda
: a: identity u.a
: e: identity u.e
: rows: u
select columns(lambda c: c in ('a', 'e')) from u

# columns_list
: d: identity u.d
: rows: u
select columns(['d']) from u

# columns_cast
: a: cast u.a
: d: cast u.d
: rows: u
select columns('a|d')::varchar from u

# columns_renamed
: m_a: rename u.a
: m_d: rename u.d
: rows: u
select columns('(a|d)') as 'm_\0' from u

# columns_twice_in_expression
: a: expression u.a
: d: expression u.d
: rows: u
select columns('a|d') + columns('a|d') from u

# columns_unpacked
: x: expression u.a u.d
: rows: u
select coalesce(*columns('a|d')) as x from u

# columns_in_where
: e: identity u.e
: rows: filter u.a u.d
select e from u where columns('a|d') > 1

# star_through_cte
: a: identity u.a
: d: identity u.d
: e: identity u.e
: rows: filter u.d
with q as (select * from u) select * from q where d > 1

# star_with_extra
: a: identity u.a
: d: identity u.d
: e: identity u.e
: n: window u.*
: rows: u
select *, count(*) over () as n from u

# row_as_value
: x: expression u.a u.d u.e
: rows: u
select u as x from u

# field_of_row
: x: rename u.d
: rows: u
select w.r.d as x from (select u as r from u) w

# count_star_of_star
: n: aggregation u.*
select count(*) as n from (select * from u) q
