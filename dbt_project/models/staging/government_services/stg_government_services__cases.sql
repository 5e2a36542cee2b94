-- Written by `zhongtai sync`: change contracts/departments/government_services/cases.yml, not this file.
with standardised as (
  select
    case_id,
    item_code,
    case applicant_kind
      when '个人' then '1'
      when '企业' then '2'
      else applicant_kind
    end as applicant_kind,
    {{ zhongtai.normalise_resident_id('applicant_id') }} as applicant_id,
    {{ zhongtai.normalise_credit_code('applicant_code') }} as applicant_code,
    applicant_name,
    phone,
    case channel
      when '窗口' then 'counter'
      when '网上' then 'web'
      when '移动端' then 'app'
      when '自助终端' then 'kiosk'
      else channel
    end as channel,
    accepted_at,
    finished_at,
    satisfaction,
    _batch, _delivery, _row
  from {{ source('raw', 'government_services__cases') }}
), versions as (
  select
    *,
    row_number() over (
      partition by case_id order by _delivery desc, _row desc
    ) as _version
  from standardised
)

select
  case_id,
  item_code,
  applicant_kind,
  applicant_id,
  applicant_code,
  applicant_name,
  phone,
  channel,
  accepted_at,
  finished_at,
  satisfaction,
  _batch,
  _delivery,
  _row
from versions
where _version = 1
