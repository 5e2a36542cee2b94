-- Written by `zhongtai sync`: change contracts/domains/tourism.yml, not this file.
with resolved as (
  select
    spot_number,
    min_by(name, _provider) filter (where name is not null) as name,
    min_by(_department, _provider) filter (where name is not null) as name_source,
    min_by(name_en, _provider) filter (where name_en is not null) as name_en,
    min_by(_department, _provider) filter (where name_en is not null) as name_en_source,
    min_by(longitude, _provider) filter (where longitude is not null) as longitude,
    min_by(_department, _provider) filter (where longitude is not null) as longitude_source,
    min_by(latitude, _provider) filter (where latitude is not null) as latitude,
    min_by(_department, _provider) filter (where latitude is not null) as latitude_source,
    min_by(rating, _provider) filter (where rating is not null) as rating,
    min_by(_department, _provider) filter (where rating is not null) as rating_source,
    min_by(reviews, _provider) filter (where reviews is not null) as reviews,
    min_by(_department, _provider) filter (where reviews is not null) as reviews_source,
    min_by(_batch, _provider) as _batch,
    count(distinct _department) as provider_count
  from {{ ref('scenic_spot__provided') }}
  group by spot_number
)

select
  registry.city_id,
  resolved.spot_number,
  resolved.name,
  resolved.name_source,
  resolved.name_en,
  resolved.name_en_source,
  resolved.longitude,
  resolved.longitude_source,
  resolved.latitude,
  resolved.latitude_source,
  resolved.rating,
  resolved.rating_source,
  resolved.reviews,
  resolved.reviews_source,
  cast(resolved.provider_count as integer) as provider_count,
  resolved._batch
from resolved
inner join {{ ref('scenic_spot__registered') }} as registry
  on registry.identifier = cast(resolved.spot_number as varchar)
