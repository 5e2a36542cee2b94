-- Written by `zhongtai sync`: change contracts/domains/tourism.yml, not this file.
with gathered as (
  select
    links.entity_key as _entity,
    loose._department,
    loose._key,
    loose.name,
    loose.name_en,
    loose.longitude,
    loose.latitude,
    loose.rating,
    loose.reviews,
    loose._batch,
    loose._delivery
  from {{ ref('scenic_spot__loose') }} as loose
  inner join {{ source('registry', 'scenic_spot') }} as links on links._key = loose._key
  union all
  select
    links.entity_key as _entity,
    provided._department,
    links._key,
    provided.name,
    provided.name_en,
    provided.longitude,
    provided.latitude,
    provided.rating,
    provided.reviews,
    provided._batch,
    0 as _delivery
  from {{ ref('scenic_spot__provided') }} as provided
  inner join {{ source('registry', 'scenic_spot') }} as links on links._key = cast(provided.spot_number as varchar)
), ranked as (
  select
    *,
    row_number() over (partition by _entity order by case when name is null then 1 else 0 end asc, case _department when 'tourism' then 0 end asc, _delivery desc, _key asc) as _rank1,
    row_number() over (partition by _entity order by case when name_en is null then 1 else 0 end asc, case _department when 'tourism' then 0 end asc, _delivery desc, _key asc) as _rank2,
    row_number() over (partition by _entity order by case when longitude is null then 1 else 0 end asc, case _department when 'tourism' then 0 end asc, _delivery desc, _key asc) as _rank3,
    row_number() over (partition by _entity order by case when latitude is null then 1 else 0 end asc, case _department when 'tourism' then 0 end asc, _delivery desc, _key asc) as _rank4,
    row_number() over (partition by _entity order by case when rating is null then 1 else 0 end asc, case _department when 'tourism' then 0 end asc, _delivery desc, _key asc) as _rank5,
    row_number() over (partition by _entity order by case when reviews is null then 1 else 0 end asc, case _department when 'tourism' then 0 end asc, _delivery desc, _key asc) as _rank6,
    row_number() over (partition by _entity order by _delivery desc, _key asc) as _rank0
  from gathered
)

select
  _entity,
  max(case when _rank1 = 1 then name end) as name,
  max(case when _rank1 = 1 and name is not null then _department end) as name_source,
  max(case when _rank2 = 1 then name_en end) as name_en,
  max(case when _rank2 = 1 and name_en is not null then _department end) as name_en_source,
  max(case when _rank3 = 1 then longitude end) as longitude,
  max(case when _rank3 = 1 and longitude is not null then _department end) as longitude_source,
  max(case when _rank4 = 1 then latitude end) as latitude,
  max(case when _rank4 = 1 and latitude is not null then _department end) as latitude_source,
  max(case when _rank5 = 1 then rating end) as rating,
  max(case when _rank5 = 1 and rating is not null then _department end) as rating_source,
  max(case when _rank6 = 1 then reviews end) as reviews,
  max(case when _rank6 = 1 and reviews is not null then _department end) as reviews_source,
  cast(count(*) as integer) as _rows,
  cast(count(distinct _department) as integer) as _departments,
  max(case when _rank0 = 1 then _batch end) as _batch
from ranked
group by _entity
