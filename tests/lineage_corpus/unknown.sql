# unknown_table
: a: constant
: ? * unknown table
select a from nowhere

# unknown_table_star
: open: constant
: ? * unknown table
select * from nowhere

# unknown_table_joined
: b: identity t.b
: z: constant
: rows: join t.a
: ? * unknown table
select t.b, n.z from t join nowhere n on n.id = t.a

# unknown_column
: a: identity t.a
: x: constant
: rows: t
: ? * statement does not plan
select a, zzz as x from t

# unknown_column_in_filter
: a: identity t.a
: rows: t
: ? * unresolved column
select a from t where zzz > 1

# ambiguous_column
: x: rename t.a u.a
: rows: t u
: ? * statement does not plan
select a as x from t, u

# file
: open: constant
: ? * unknown table
select * from 'x.csv'

# reading_a_file
: open: constant
: ? * table function
select * from read_parquet('x.parquet')

# query_of_text
: 1: constant
select * from query('select 1')

# does_not_parse
: open: constant
: ? * does not parse
select a from where from t t t

# not_a_query
: open: constant
: ? * not a query
summarize t

# empty
: open: constant
: ? * empty
-- nothing here

# parameter_from_outside
: x: constant
: rows: t
: ? * statement does not plan
select $1 as x from t
