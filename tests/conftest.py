"""What every test can ask for."""

from tests import network

network.shut()
