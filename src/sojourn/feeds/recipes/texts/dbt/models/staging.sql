-- The rows as dlt loaded them{% if key %}, with a key of one column{% endif %}{% if is_measured %} and working time in hours{% endif %}.
select{% if key %}
    {{ row_key }} as row_key,{% endif %}
    *{% if is_measured %},
    ms / 3600000.0 as hours{% endif %}
from {% templatetag openvariable %} source("jira", "{{ table }}") {% templatetag closevariable %}
