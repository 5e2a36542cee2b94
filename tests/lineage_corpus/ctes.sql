# cte
: x: rename t.a
: rows: filter t.b
with q as (select a as x from t where b > 1) select x from q

# two_ctes_chained
: y: expression t.a
: rows: filter t.b t.c
with p as (select a, c from t where b > 1), q as (select a + 1 as y from p where c = 'x') select y from q

# cte_used_twice
: x: rename t.a
: y: rename t.b
: rows: join t.a t.b; filter t.c
with q as (select a, b from t where c = 'x') select p.a as x, r.b as y from q p join q r on p.a = r.b

# cte_with_column_names
: y: rename t.b
: rows: filter t.a
with q(x, y) as (select a, b from t) select y from q where x > 0

# unused_cte
: a: identity t.a
: rows: t
with unused as (select d from u where e = 'x') select a from t

# cte_hides_table
: a: rename u.d
: rows: u
with t as (select d as a from u) select a from t

# cte_reads_table_of_its_name
: a: identity t.a
: rows: filter t.b
with t as (select a from t where b > 1) select a from t

# nested_with
: z: rename t.a
: rows: filter t.b
with q as (with r as (select a from t where b > 1) select a as y from r) select y as z from q

# inner_cte_hides_outer
: x: rename u.d
: rows: u
with q as (select a as x from t) select * from (with q as (select d as x from u) select x from q) w

# materialized_cte
: x: rename t.a
: rows: t
with q as materialized (select a as x from t) select x from q

# cte_in_subquery_sees_outer_cte
: b: identity t.b
: rows: filter t.a u.a u.e
with q as (select a from u where e = 'x') select b from t where a in (select a from q)

# recursive_counter
: n: constant
with recursive r(n) as (select 1 union all select n + 1 from r where n < 5) select n from r

# recursive_from_table
: n: expression t.a
: rows: filter t.a t.b
with recursive r(n) as (select a from t where b > 1 union all select n + 1 from r where n < 5) select n from r

# recursive_with_join
: id: rename v.a v.k
: rows: filter v.k; join v.a v.k
with recursive tree(id) as (select k from v where k = 1 union all select v.a from v join tree on v.k = tree.id) select id from tree

# recursive_carrying_a_column
: id: rename v.k
: path: expression v.x
: rows: filter v.a; join v.a v.k
with recursive tree(id, path) as (
  select k, x::varchar from v where a = 0
  union all
  select v.k, tree.path || '/' || v.x from v join tree on v.a = tree.id
) select id, path from tree

# recursive_columns_cross
: p: rename t.a t.b
: q: rename t.a t.b
: rows: filter t.a t.b
with recursive r(p, q) as (select a, b from t union all select q, p from r where p > 100) select p, q from r

# recursive_distinct
: n: expression t.a
: rows: set_operation t.a; filter t.a
with recursive r(n) as (select a from t union select n % 3 from r where n > 0) select n from r

# cte_of_constants
: k: constant
with q as (select 1 as k) select k from q

# cte_with_aggregation
: c: identity t.c
: s: aggregation t.b
: rows: group_by t.c; having t.b
with q as (select c, sum(b) as s from t group by c having count(b) > 1) select c, s from q

# filter_on_aggregate_of_cte
: c: identity t.c
: rows: group_by t.c; filter t.b
with q as (select c, sum(b) as s from t group by c) select c from q where s > 10

# filter_on_count_of_cte
: c: identity t.c
: rows: group_by t.c; filter t.*
with q as (select c, count(*) as n from t group by c) select c from q where n > 1

# filter_on_window_of_cte
: a: identity t.a
: rows: filter t.*; window_partition t.c; window_order t.ts
with q as (select a, row_number() over (partition by c order by ts) as rn from t) select a from q where rn = 1

# ten_step_chain
: z: expression t.a t.b
: rows: filter t.c
with s1 as (select a, b, c from t), s2 as (select a, b, c from s1 where c = 'x'), s3 as (select a, b from s2),
s4 as (select a + b as w from s3), s5 as (select w from s4), s6 as (select w * 2 as w from s5), s7 as (select w from s6),
s8 as (select w as v from s7), s9 as (select v from s8) select v as z from s9

# mutual_names
: x: rename t.a
: y: rename u.d
: rows: join t.a u.a
with q as (select a, a as x from t), r as (select a, d as y from u) select q.x, r.y from q join r on q.a = r.a

# recursive_using_key
: k: rename t.a
: n: expression t.b
: rows: distinct t.a; set_operation t.a t.b; filter t.b
with recursive q(k, n) using key (k) as (select a, b from t union select k, n + 1 from q where n < 5) select k, n from q

# cte_inside_a_recursive_one
: n: expression t.a
: rows: filter t.b t.a
with recursive q as (with s as (select a as n from t where b > 1) select n from s union all select n + 1 from q where n < 5) select n from q
