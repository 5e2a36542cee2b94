select
  contacts.registration_id,
  coalesce(contacts.corporation, contacts.first_name || ' ' || contacts.last_name) as contact
from {{ ref('stg_hpd__registration_contacts') }} as contacts
