"""The Time to SLA REST services, path for path (docs/rest-time-to-sla.md)."""
