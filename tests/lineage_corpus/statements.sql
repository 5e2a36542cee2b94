# create_table_as
> made
: x: rename t.a
: rows: filter t.b
create or replace table made as select a as x from t where b > 1

# create_view
> made
: x: rename t.a
: rows: t
create view made(x) as select a from t

# insert_by_position
> u
: a: identity t.a
: d: rename t.b
: e: rename t.c
: rows: t
insert into u select a, b, c from t

# insert_named_columns
> u
: e: rename t.c
: a: identity t.a
: rows: filter t.b
insert into u (e, a) select c, a from t where b > 1

# insert_by_name
> u
: a: identity t.a
: d: rename t.b
: rows: t
insert into u by name select b as d, a from t

# insert_with_cte
> u
: a: identity t.a
: d: rename t.b
: e: rename t.c
: rows: filter t.a
insert into u with q as (select a, b, c from t where a > 1) select * from q

# insert_on_conflict
> u
: a: identity t.a
: d: expression t.b u.d
: e: rename t.c
: rows: merge_key t.a
: ? * statement does not plan
insert into u select a, b, c from t on conflict (a) do update set d = u.d + excluded.d

# merge
> u
: a: identity t.a
: d: rename t.b
: rows: join t.a u.a
merge into u using t on u.a = t.a when matched then update set d = t.b when not matched then insert (a, d) values (t.a, t.b)

# merge_conditional
> u
: d: rename t.b
: rows: join t.a u.a; filter t.b t.c
merge into u using (select * from t where c = 'x') q on u.a = q.a when matched and q.b > 1 then update set d = q.b

# update_from
> u
: d: expression t.b u.d; filter u.a t.a
: rows: u
update u set d = t.b + u.d from t where u.a = t.a

# delete
> u
: a: identity u.a
: d: identity u.d
: e: identity u.e
: rows: filter u.e
delete from u where e = 'x'

# delete_by_subquery
> u
: a: identity u.a
: d: identity u.d
: e: identity u.e
: rows: filter u.a t.a
delete from u where a in (select a from t)

# incremental_reads_itself
: a: identity t.a
: ts: identity t.ts
: rows: filter t.ts v.x
select a, ts from t where date_part('day', ts) > (select max(x) from v)

# copy_to_file
: a: identity t.a
: rows: filter t.b
: ? * statement does not plan
copy (select a from t where b > 1) to 'x.parquet'

# several_statements
> final
: x: rename t.a
: rows: filter t.b
: ? * statement does not plan
create temp table step as select a from t where b > 1; create table final as select a as x from step

# merge_insert_star
> u
: a: identity t.a
: d: rename t.b
: e: rename t.c
: rows: join t.a u.a
merge into u using (select a, b as d, c as e from t) q on u.a = q.a when matched then update set d = q.d, e = q.e when not matched then insert (a, d, e) values (q.a, q.d, q.e)

# merge_delete
> u
: a: identity u.a
: d: identity u.d
: e: identity u.e
: rows: join t.a u.a; filter t.b
merge into u using t on u.a = t.a when matched and t.b > 1 then delete

# insert_or_replace
> u
: a: identity t.a
: d: rename t.b
: e: rename t.c
: rows: t
: ? * clause is not understood
insert or replace into u select a, b, c from t

# create_table_from_pivot
> made
: b: identity p.b
: x: aggregation p.a; filter p.c
: rows: group_by p.b
create table made as (pivot p on c in ('x') using sum(a) group by b)

# create_macro_is_no_table
: open: constant
: ? * makes no relation
create macro f(x) as x + 1
