"""Data handed out: presets, and feeds of them that tools call."""
