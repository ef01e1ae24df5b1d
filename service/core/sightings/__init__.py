"""Sightings: what people and programs report, read into plain values. Pure."""
