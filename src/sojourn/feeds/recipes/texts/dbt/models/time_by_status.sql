{% if is_measured %}-- Of each status: how many work items were in it, and for how long, in hours of working time.
select
    status_id,
    max(status_name) as status_name,
    count(distinct issue_id) as work_items,
    sum(hours) as hours,
    sum(hours) / count(distinct issue_id) as hours_per_work_item
from {% templatetag openvariable %} ref("stg_sojourn__{{ table }}") {% templatetag closevariable %}
group by status_id
{% endif %}
