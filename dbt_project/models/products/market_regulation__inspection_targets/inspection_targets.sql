with failures as (
  select
    legal_entity_city_id,
    cast(count(*) as bigint) as failures,
    max(inspected_on) as last_inspected_on
  from {{ ref('inspection') }}
  where needs_follow_up and legal_entity_city_id is not null
  group by legal_entity_city_id
)

select
  entities.city_id as legal_entity_id,
  entities.credit_code,
  entities.district,
  entities.credit_rating,
  failures.failures,
  failures.last_inspected_on
from failures
inner join {{ ref('legal_entity') }} as entities
  on entities.city_id = failures.legal_entity_city_id
