"""The REST API under `/api/v1`: a thin rim around reports and calendars."""
