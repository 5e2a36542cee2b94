-- Written by `zhongtai sync`: change contracts/domains/legal_entity.yml, not this file.
with resolved as (
  select
    credit_code,
    min_by(name, _provider) filter (where name is not null) as name,
    min_by(_department, _provider) filter (where name is not null) as name_source,
    min_by(district, _provider) filter (where district is not null) as district,
    min_by(_department, _provider) filter (where district is not null) as district_source,
    min_by(address, _provider) filter (where address is not null) as address,
    min_by(_department, _provider) filter (where address is not null) as address_source,
    min_by(registered_on, _provider) filter (where registered_on is not null) as registered_on,
    min_by(_department, _provider) filter (where registered_on is not null) as registered_on_source,
    min_by(_batch, _provider) as _batch,
    count(distinct _department) as provider_count
  from {{ ref('legal_entity__provided') }}
  group by credit_code
)

select
  registry.city_id,
  resolved.credit_code,
  resolved.name,
  resolved.name_source,
  resolved.district,
  resolved.district_source,
  resolved.address,
  resolved.address_source,
  resolved.registered_on,
  resolved.registered_on_source,
  cast(resolved.provider_count as integer) as provider_count,
  resolved._batch
from resolved
inner join {{ ref('legal_entity__registered') }} as registry
  on registry.identifier = cast(resolved.credit_code as varchar)
