-- Written by `zhongtai sync`: change the declarations in contracts/indicators/, not this file.
select
  cast(date_trunc('day', received_at) as date) as window_start,
  case when grouping(district) = 1 then 'city' else cast(district as varchar) end as place,
  cast(count(case when (hotline_category = '0201') then 1 end) as double) as noise_tickets,
  cast(count(case when (hotline_category = '0202') then 1 end) as double) as air_tickets,
  cast(count(case when (hotline_category = '0301') then 1 end) as double) as parking_tickets,
  cast(count(case when (hotline_category = '0302') then 1 end) as double) as road_tickets,
  cast(count(case when (hotline_category in ('0101', '0102', '0103')) then 1 end) as double) as utility_tickets,
  cast(count(case when (hotline_category = '0401') then 1 end) as double) as property_tickets,
  cast(count(*) as double) as tickets_received,
  cast(cast(count(case when (ticket_status = 'closed') then 1 end) as double) / nullif(count(case when (ticket_status = 'closed') is not null then 1 end), 0) * cast(100.0 as double) as double) as tickets_closed_share,
  cast(count(case when (hotline_category = '0501') then 1 end) as double) as consumer_tickets
from {{ ref('hotline_ticket') }}
where received_at is not null
group by grouping sets ((cast(date_trunc('day', received_at) as date), district), (cast(date_trunc('day', received_at) as date)))
having grouping(district) = 1 or district <> 'city'
