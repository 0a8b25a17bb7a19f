"""Pages: templates, static files, views."""
