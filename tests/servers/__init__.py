"""Real servers for the tests, started from installed packages: no root, no system service, no container."""
