"""What the tests of the campaign share."""

from tests.faults.campaign import rng as rng
