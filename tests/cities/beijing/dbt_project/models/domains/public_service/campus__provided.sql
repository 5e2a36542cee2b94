-- Written by `zhongtai sync`: change contracts/domains/public_service.yml or a contract that provides it, not this file.
select
  0 as _provider,
  cast(null as varchar) as _department,
  cast(null as varchar) as school_code,
  cast(null as varchar) as name,
  cast(null as varchar) as district,
  cast(null as varchar) as address,
  cast(null as varchar) as level,
  cast(null as varchar) as phone,
  cast(null as double) as longitude,
  cast(null as double) as latitude,
  cast(null as varchar) as _batch
where false
