"""Passwords of tests, hashed as those of people are, but at no cost: hundreds of accounts are made."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Quick(Argon2PasswordHasher):
    """Argon2 with the least it takes."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
