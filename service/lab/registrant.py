"""The one person in the lab's registries, so that a client can prove that it keeps nothing of anybody."""

NAME = "Erika Mustermann"
EMAIL = "erika.mustermann@private.example"
PHONE = "+49.3012345678"
STREET = "Heidestrasse 17"
CITY, POSTAL_CODE, COUNTRY = "Berlin", "10115", "DE"

PERSONAL_DATA = (NAME, EMAIL, PHONE, STREET)
"""Texts that stand in every RDAP answer and in WHOIS texts; none of them may turn up in what a client keeps."""
