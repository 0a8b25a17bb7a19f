"""Stored calendars and their versions, sets of holidays that calendars share, and public holidays."""
