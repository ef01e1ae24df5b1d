"""Spoofwatch: watches for websites that impersonate news outlets."""
