-- Who stands for which enterprise, and when. The register tells no day of a change: the first representative has stood
-- for it since it was established, a later one from the delivery that names them. Whom no register
-- knows by a valid identity number is nobody here.
with versions as (
  select * from {{ ref('enterprise_person__told') }}
), compared as (
  select
    *,
    lag(_delivery) over (partition by legal_entity_city_id order by _delivery, _row) as earlier,
    lag(person_city_id) over (partition by legal_entity_city_id order by _delivery, _row) as earlier_person,
    last_value(closed_on) over (
      partition by legal_entity_city_id order by _delivery, _row rows between unbounded preceding and unbounded following
    ) as ended_on
  from versions
  where legal_entity_city_id is not null
), roles as (
  select * from compared
  where earlier is null or person_city_id is distinct from earlier_person
), ranked as (
  select
    *,
    lead(_delivery) over (partition by legal_entity_city_id order by _delivery, _row) as next_delivery
  from roles
)

select
  legal_entity_city_id,
  person_city_id,
  'legal_representative' as role,
  case when earlier is null then established_on end as valid_from,
  case when next_delivery is null then ended_on end as valid_to,
  _delivery as known_from_delivery,
  next_delivery as known_to_delivery,
  _batch
from ranked
where person_city_id is not null
