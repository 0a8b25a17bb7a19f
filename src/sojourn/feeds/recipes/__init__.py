"""Recipes: how tools read a feed, as programs and files with the feed's own link in them."""
