-- Whose each vehicle was, and when. The register is a snapshot and tells no day of a sale: the first owner has it from its
-- registration, a later one from the delivery that names them; one that the newest snapshot lacks is no longer anybody's.
with versions as (
  select * from {{ ref('vehicle_owner__told') }}
), newest as (
  select max(_delivery) as delivery from versions
), compared as (
  select
    *,
    lag(_delivery) over (partition by plate_number order by _delivery, _row) as earlier,
    lag(person_city_id) over (partition by plate_number order by _delivery, _row) as earlier_owner,
    max(_delivery) over (partition by plate_number) as last_delivery
  from versions
), owners as (
  select * from compared
  where earlier is null or person_city_id is distinct from earlier_owner
)

select
  owners.plate_number,
  owners.person_city_id,
  case when owners.earlier is null then owners.registered_on end as valid_from,
  cast(null as date) as valid_to,
  owners._delivery as known_from_delivery,
  coalesce(
    lead(owners._delivery) over (partition by owners.plate_number order by owners._delivery, owners._row),
    case when owners.last_delivery < newest.delivery then owners.last_delivery + 1 end
  ) as known_to_delivery,
  owners._batch
from owners
cross join newest
