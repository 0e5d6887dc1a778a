"""The servers, databases and processes of the integration tests, for what is done to them on purpose."""

from tests.integration.conftest import *  # noqa: F403
