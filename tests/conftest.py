"""What holds for all tests."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# No test depends on how fast the machine is: neither a deadline for an example nor "data generation is too slow".
settings.register_profile("spoofwatch", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("spoofwatch")
