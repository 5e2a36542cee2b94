-- Entities and products over the tables that city_baseline.py loads. Every view here becomes a Parquet file.
-- In `provided` tables `giver` is the provider, in the departments' alphabetical order; ranks turn it into precedence.
create macro city_id(prefix, identifier) as prefix || substr(sha256(identifier), 1, 20);
create macro name_rank(giver) as case giver when 7 then 1 when 1 then 2 when 2 then 3 when 3 then 4 when 4 then 5 when 8 then 6 else giver + 10 end;
create macro phone_rank(giver) as case giver when 8 then 1 when 7 then 2 when 4 then 3 else giver + 10 end;
create macro home_rank(giver) as case giver when 7 then 1 else giver + 10 end;
create macro firm_rank(giver) as case giver when 3 then 1 when 4 then 2 when 5 then 3 else giver + 10 end;

create table person_provided as
select 1 as giver, resident_id, name, null::varchar as sex, birth_date, null::varchar as ethnic_group,
  null::varchar as marital_status, death_date, null::varchar as social_security_status, null::varchar as phone,
  null::varchar as address, null::varchar as district
from civil_affairs__deaths qualify row_number() over (partition by resident_id order by certificate_number desc) = 1
union all by name
select 2 as giver, husband_id as resident_id, husband_name as name, marital_status
from civil_affairs__marriages qualify row_number() over (partition by husband_id order by registered_on desc) = 1
union all by name
select 3 as giver, wife_id as resident_id, wife_name as name, marital_status
from civil_affairs__marriages qualify row_number() over (partition by wife_id order by registered_on desc) = 1
union all by name
select 4 as giver, resident_id, name, phone, address, district
from civil_affairs__subsidies qualify row_number() over (partition by resident_id order by month desc) = 1
union all by name
select 5 as giver, applicant_id as resident_id, applicant_name as name, phone
from government_services__cases where applicant_kind = '1'
qualify row_number() over (partition by applicant_id order by accepted_at desc) = 1
union all by name
select 6 as giver, owner_id as resident_id, owner_name as name, phone
from housing__ownership where owner_kind = '1'
qualify row_number() over (partition by owner_id order by registered_on desc) = 1
union all by name
select 7 as giver, resident_id, name, sex, birth_date, ethnic_group, phone, address, district
from public_security__residents
union all by name
select 8 as giver, resident_id, name, enrolment_status as social_security_status, phone
from social_security__enrolments qualify row_number() over (partition by resident_id order by insurance_scheme desc) = 1;

create table person as
select city_id('NP-', resident_id) as city_id, resident_id,
  min_by(name, name_rank(giver)) filter (name is not null) as name,
  min_by(sex, giver) filter (sex is not null) as sex,
  min_by(birth_date, home_rank(giver)) filter (birth_date is not null) as birth_date,
  min_by(ethnic_group, giver) filter (ethnic_group is not null) as ethnic_group,
  min_by(marital_status, giver) filter (marital_status is not null) as marital_status,
  min_by(death_date, giver) filter (death_date is not null) as death_date,
  min_by(social_security_status, giver) filter (social_security_status is not null) as social_security_status,
  min_by(phone, phone_rank(giver)) filter (phone is not null) as phone,
  min_by(address, home_rank(giver)) filter (address is not null) as address,
  min_by(district, home_rank(giver)) filter (district is not null) as district,
  count(distinct giver) as provider_count
from person_provided where resident_id is not null group by resident_id;

create table firm_provided as
select 1 as giver, applicant_code as credit_code, applicant_name as name, null::varchar as legal_representative,
  null::varchar as industry, null::decimal(18, 2) as registered_capital, null::date as established_on,
  null::varchar as status, null::varchar as credit_rating, null::varchar as address, null::varchar as district,
  null::varchar as phone
from government_services__cases where applicant_kind = '2'
qualify row_number() over (partition by applicant_code order by accepted_at desc) = 1
union all by name
select 2 as giver, credit_code, name, address, district, phone
from health__facilities qualify row_number() over (partition by credit_code order by facility_id) = 1
union all by name
select 3 as giver, credit_code, name, legal_representative, industry, registered_capital, established_on, status, address,
  district, phone
from market_regulation__enterprises
union all by name
select 4 as giver, credit_code, name
from market_regulation__licences qualify row_number() over (partition by credit_code order by issued_on desc) = 1
union all by name
select 5 as giver, credit_code, name, credit_rating, phone from taxation__credit_ratings;

create table firm as
select city_id('LE-', credit_code) as city_id, credit_code,
  min_by(name, firm_rank(giver)) filter (name is not null) as name,
  min_by(legal_representative, giver) filter (legal_representative is not null) as legal_representative,
  min_by(industry, giver) filter (industry is not null) as industry,
  min_by(registered_capital, giver) filter (registered_capital is not null) as registered_capital,
  min_by(established_on, giver) filter (established_on is not null) as established_on,
  min_by(status, giver) filter (status is not null) as status,
  min_by(credit_rating, giver) filter (credit_rating is not null) as credit_rating,
  min_by(address, firm_rank(giver)) filter (address is not null) as address,
  min_by(district, firm_rank(giver)) filter (district is not null) as district,
  min_by(phone, firm_rank(giver)) filter (phone is not null) as phone,
  count(distinct giver) as provider_count
from firm_provided where credit_code is not null group by credit_code;

create table spot_day as
select visits.*, spots.name as spot_name, spots.district, coalesce(visits.visitors > spots.capacity, false) as over_capacity
from (
  select spot_id, entered_on as day, sum(visitors)::bigint as visitors,
    sum(ticket_price * visitors)::decimal(18, 2) as ticket_income
  from culture_tourism__scenic_visits where spot_id is not null and entered_on is not null group by all
) as visits left join culture_tourism__scenic_spots as spots using (spot_id);

create view natural_person as from person;
create view legal_entity as from firm;
create view building as
select city_id('BD-', building_id) as city_id, building_id, address, district, floors, built_year, longitude, latitude
from housing__buildings;
create view elderly_subsidy_candidates as
select person.city_id as person_id, name, year(birth_date) as birth_year, district, last_paid_month
from person left join (
  select resident_id, max(month) as last_paid_month from civil_affairs__subsidies where subsidy_type = 'old_age' group by 1
) as allowed using (resident_id)
where birth_date < date '1947-01-01' and death_date is null;
create view elderly_care as
select sha256('health' || person.city_id) as person_key, year(birth_date) as birth_year, district from person
where birth_date < date '1947-01-01' and death_date is null and district in ('999001', '999002', '999003', '999004');
create view elderly_homes as
select sha256('housing' || person.city_id) as person_key, year(birth_date) as birth_year, district from person
where birth_date < date '1947-01-01' and death_date is null and district in ('999003', '999004', '999005', '999006');
create view road_lengths as
select district, road_class, sum(length_m) as length_m, count(*) as segments from transport__road_segments
where district is not null and road_class is not null group by all;
create view death_causes as
select sha256(certificate_number) as certificate_key, cause, year(death_date) as death_year, district
from civil_affairs__deaths where cause is not null;
create view household_check as
select city_id('NP-', husband_id) as husband_city_id, city_id('NP-', wife_id) as wife_city_id,
  year(registered_on) as registered_year
from civil_affairs__marriages where husband_id is not null and wife_id is not null;
create view inspection_targets as
select firm.city_id as legal_entity_id, credit_code, district, credit_rating, failures, last_inspected_on
from firm inner join (
  select credit_code, count(*) as failures, max(inspected_on) as last_inspected_on
  from market_regulation__inspections where result in ('2', '3') group by credit_code
) as failures using (credit_code);
create view open_air_quality as
select days.*, name as station_name, district
from (
  select station_id, pollutant, measured_at::date as day, avg(value) as mean_value, max(value) as highest_value,
    count(value) as readings
  from ecology__readings group by all having count(value) > 0
) as days left join ecology__stations using (station_id);
create view open_service_items as
select items.* exclude (legal_days, visits_needed), coalesce(materials, 0) as materials
from government_services__service_items as items
left join (select item_code, count(*) as materials from government_services__service_materials group by all) using (item_code);
create view open_star_hotels as
select credit_code, name, hotel_grade, district, address, rooms, phone from culture_tourism__hotels where hotel_grade <> '0';
create view open_tourism_monthly as
select district, date_trunc('month', day) as month, sum(visitors) as visitors, sum(ticket_income) as ticket_income
from spot_day where district is not null group by all;
create view visitor_flow as select spot_id, spot_name, district, day, visitors, over_capacity from spot_day;
create view gate_flow as
select gate_id, date_trunc('hour', passed_at) as hour, count(*) as passings, avg(speed) as mean_speed
from transport__gate_passings where gate_id is not null and passed_at is not null group by all;
create view death_notices as select city_id as person_id, resident_id, death_date from person where death_date is not null;
create view outpatient_load as
select district, medical_department, date_trunc('month', visited_at) as month,
  count(distinct city_id('NP-', resident_id)) as patients, count(*) as visits
from health__visits left join health__facilities using (facility_id)
where district is not null group by all having count(distinct resident_id) >= 10;
create view enterprise_status as
select credit_code, name, status, industry, established_on, district from firm where status is not null;
create view parking_occupancy as
select days.lot_id, lots.name as lot_name, coalesce(lots.district, buildings.district) as district, day, spaces, entries,
  entries / nullif(spaces, 0) as turnover
from (
  select lot_id, entered_at::date as day, count(*) as entries from transport__parking_events
  where lot_id is not null and entered_at is not null group by all
) as days
inner join housing__parking_lots as lots using (lot_id)
left join housing__buildings as buildings on buildings.building_id = lots.building_id;
