-- Written by `zhongtai sync`: change calendar: in zhongtai.yml, not this file.
-- A day that is not here is not known to be worked or not, and nothing is reckoned over it.
with digits as (
  select digit from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as listed (digit)
), numbers as (
  select ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit as number
  from digits as ones
  cross join digits as tens
  cross join digits as hundreds
  cross join digits as thousands
), otherwise as (
  select number, worked from (values
    (0, 0),
    (34, 1),
    (42, 0),
    (43, 0),
    (44, 0),
    (45, 0),
    (46, 0),
    (48, 1),
    (94, 0),
    (95, 0),
    (97, 1),
    (118, 1),
    (121, 0),
    (122, 0),
    (123, 0),
    (131, 1),
    (161, 0),
    (257, 1),
    (259, 0),
    (260, 0),
    (272, 1),
    (274, 0),
    (275, 0),
    (276, 0),
    (277, 0),
    (280, 0),
    (285, 1),
    (366, 0),
    (391, 1),
    (393, 0),
    (394, 0),
    (395, 0),
    (396, 0),
    (399, 0),
    (400, 0),
    (404, 1),
    (459, 0),
    (482, 1),
    (486, 0),
    (487, 0),
    (490, 0),
    (518, 0),
    (636, 1),
    (639, 0),
    (640, 0),
    (641, 0),
    (644, 0),
    (645, 0),
    (646, 0),
    (649, 1),
    (731, 0),
    (732, 0),
    (734, 1),
    (775, 1),
    (777, 0),
    (778, 0),
    (779, 0),
    (780, 0),
    (781, 0),
    (784, 0),
    (789, 1),
    (826, 0),
    (851, 0),
    (854, 0),
    (855, 0),
    (859, 1),
    (900, 0),
    (993, 1),
    (998, 0),
    (1004, 0),
    (1005, 0),
    (1008, 0),
    (1009, 0),
    (1010, 0),
    (1013, 1)
  ) as listed (number, worked)
), told as (
  select
    numbers.number,
    coalesce(otherwise.worked, case when (numbers.number + 0) % 7 < 5 then 1 else 0 end) as worked
  from numbers
  left join otherwise on otherwise.number = numbers.number
  where numbers.number < 1096
)

select
  cast({{ dbt.dateadd("day", "told.number", "cast('2024-01-01' as date)") }} as date) as day,
  told.number as day_number,
  told.worked,
  cast(sum(told.worked) over (order by told.number) as integer) as worked_so_far
from told
