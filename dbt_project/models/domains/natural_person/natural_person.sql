-- Written by `zhongtai sync`: change contracts/domains/natural_person.yml, not this file.
select
  registry.city_id,
  registry.known as resident_id,
  coalesce(p8.name, p1.name, p2.name, p3.name, p4.name, p9.name, p5.name, p6.name, p7.name, matched.name) as name,
  case
    when p8.name is not null then p8._department
    when p1.name is not null then p1._department
    when p2.name is not null then p2._department
    when p3.name is not null then p3._department
    when p4.name is not null then p4._department
    when p9.name is not null then p9._department
    when p5.name is not null then p5._department
    when p6.name is not null then p6._department
    when p7.name is not null then p7._department
    when matched.name is not null then matched.name_source
  end as name_source,
  coalesce(p8.sex, p6.sex, matched.sex) as sex,
  case
    when p8.sex is not null then p8._department
    when p6.sex is not null then p6._department
    when matched.sex is not null then matched.sex_source
  end as sex_source,
  coalesce(p8.birth_date, p1.birth_date, p6.birth_date, matched.birth_date) as birth_date,
  case
    when p8.birth_date is not null then p8._department
    when p1.birth_date is not null then p1._department
    when p6.birth_date is not null then p6._department
    when matched.birth_date is not null then matched.birth_date_source
  end as birth_date_source,
  coalesce(p8.ethnic_group, matched.ethnic_group) as ethnic_group,
  case
    when p8.ethnic_group is not null then p8._department
    when matched.ethnic_group is not null then matched.ethnic_group_source
  end as ethnic_group_source,
  coalesce(p2.marital_status, p3.marital_status, matched.marital_status) as marital_status,
  case
    when p2.marital_status is not null then p2._department
    when p3.marital_status is not null then p3._department
    when matched.marital_status is not null then matched.marital_status_source
  end as marital_status_source,
  coalesce(p1.death_date, matched.death_date) as death_date,
  case
    when p1.death_date is not null then p1._department
    when matched.death_date is not null then matched.death_date_source
  end as death_date_source,
  coalesce(p9.social_security_status, matched.social_security_status) as social_security_status,
  case
    when p9.social_security_status is not null then p9._department
    when matched.social_security_status is not null then matched.social_security_status_source
  end as social_security_status_source,
  coalesce(p9.phone, p8.phone, p4.phone, p5.phone, p6.phone, p7.phone, matched.phone) as phone,
  case
    when p9.phone is not null then p9._department
    when p8.phone is not null then p8._department
    when p4.phone is not null then p4._department
    when p5.phone is not null then p5._department
    when p6.phone is not null then p6._department
    when p7.phone is not null then p7._department
    when matched.phone is not null then matched.phone_source
  end as phone_source,
  coalesce(p8.address, p4.address, p6.address, matched.address) as address,
  case
    when p8.address is not null then p8._department
    when p4.address is not null then p4._department
    when p6.address is not null then p6._department
    when matched.address is not null then matched.address_source
  end as address_source,
  coalesce(p8.district, p4.district, matched.district) as district,
  case
    when p8.district is not null then p8._department
    when p4.district is not null then p4._department
    when matched.district is not null then matched.district_source
  end as district_source,
  cast(
    case when registry.known is null then coalesce(matched._departments, 0) else 0 end
    + case when p1._provider is not null or p2._provider is not null or p3._provider is not null or p4._provider is not null then 1 else 0 end
    + case when p5._provider is not null then 1 else 0 end
    + case when p6._provider is not null then 1 else 0 end
    + case when p7._provider is not null then 1 else 0 end
    + case when p8._provider is not null then 1 else 0 end
    + case when p9._provider is not null then 1 else 0 end
    as integer
  ) as provider_count,
  coalesce(matched._rows, 0) as matched_rows,
  registry.probability as match_probability,
  cast(
    case when p8.sex <> coalesce(p8.sex, p6.sex, matched.sex) or p6.sex <> coalesce(p8.sex, p6.sex, matched.sex) or matched.sex <> coalesce(p8.sex, p6.sex, matched.sex) then 1 else 0 end
    + case when p8.birth_date <> coalesce(p8.birth_date, p1.birth_date, p6.birth_date, matched.birth_date) or p1.birth_date <> coalesce(p8.birth_date, p1.birth_date, p6.birth_date, matched.birth_date) or p6.birth_date <> coalesce(p8.birth_date, p1.birth_date, p6.birth_date, matched.birth_date) or matched.birth_date <> coalesce(p8.birth_date, p1.birth_date, p6.birth_date, matched.birth_date) then 1 else 0 end
    + case when p1.death_date <> coalesce(p1.death_date, matched.death_date) or matched.death_date <> coalesce(p1.death_date, matched.death_date) then 1 else 0 end
    as integer
  ) as conflict_count,
  coalesce(p1._batch, p2._batch, p3._batch, p4._batch, p5._batch, p6._batch, p7._batch, p8._batch, p9._batch, matched._batch) as _batch
from {{ ref('natural_person__registered') }} as registry
left join {{ ref('natural_person__provided') }} as p1
  on p1._provider = 1 and cast(p1.resident_id as varchar) = registry.identifier
left join {{ ref('natural_person__provided') }} as p2
  on p2._provider = 2 and cast(p2.resident_id as varchar) = registry.identifier
left join {{ ref('natural_person__provided') }} as p3
  on p3._provider = 3 and cast(p3.resident_id as varchar) = registry.identifier
left join {{ ref('natural_person__provided') }} as p4
  on p4._provider = 4 and cast(p4.resident_id as varchar) = registry.identifier
left join {{ ref('natural_person__provided') }} as p5
  on p5._provider = 5 and cast(p5.resident_id as varchar) = registry.identifier
left join {{ ref('natural_person__provided') }} as p6
  on p6._provider = 6 and cast(p6.resident_id as varchar) = registry.identifier
left join {{ ref('natural_person__provided') }} as p7
  on p7._provider = 7 and cast(p7.resident_id as varchar) = registry.identifier
left join {{ ref('natural_person__provided') }} as p8
  on p8._provider = 8 and cast(p8.resident_id as varchar) = registry.identifier
left join {{ ref('natural_person__provided') }} as p9
  on p9._provider = 9 and cast(p9.resident_id as varchar) = registry.identifier
left join {{ ref('natural_person__matched') }} as matched
  on matched._entity = registry.identifier
where not registry.merged
