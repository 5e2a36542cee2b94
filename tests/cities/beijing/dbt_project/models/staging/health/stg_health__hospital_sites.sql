-- Written by `zhongtai sync`: change contracts/departments/health/hospital_sites.yml, not this file.
with standardised as (
  select
    site_number,
    name,
    pinyin,
    case district
      when '东城区' then '110101'
      when '东城' then '110101'
      when '西城区' then '110102'
      when '西城' then '110102'
      when '朝阳区' then '110105'
      when '朝阳' then '110105'
      when '丰台区' then '110106'
      when '丰台' then '110106'
      when '石景山区' then '110107'
      when '石景山' then '110107'
      when '海淀区' then '110108'
      when '海淀' then '110108'
      when '门头沟区' then '110109'
      when '门头沟' then '110109'
      when '房山区' then '110111'
      when '房山' then '110111'
      when '通州区' then '110112'
      when '通州' then '110112'
      when '顺义区' then '110113'
      when '顺义' then '110113'
      when '昌平区' then '110114'
      when '昌平' then '110114'
      when '大兴区' then '110115'
      when '大兴' then '110115'
      when '怀柔区' then '110116'
      when '怀柔' then '110116'
      when '平谷区' then '110117'
      when '平谷' then '110117'
      when '密云区' then '110118'
      when '密云' then '110118'
      when '延庆区' then '110119'
      when '延庆' then '110119'
      when '崇文区' then '110101'
      when '宣武区' then '110102'
      when '110103' then '110101'
      when '110104' then '110102'
      when '110228' then '110118'
      when '110229' then '110119'
      else district
    end as district,
    postcode,
    visits_2010,
    visits_2009,
    visits_2008,
    address,
    phone,
    longitude,
    latitude,
    grade,
    _batch, _delivery, _row
  from {{ source('raw', 'health__hospital_sites') }}
), versions as (
  select
    *,
    row_number() over (
      partition by site_number order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  site_number,
  name,
  pinyin,
  district,
  postcode,
  visits_2010,
  visits_2009,
  visits_2008,
  address,
  phone,
  longitude,
  latitude,
  grade,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
