"""One engine, one image built from this checkout, one private network, one server; a new database a test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from testcontainers.core.network import Network

from tests.container import images  # first: it sets testcontainers up
from tests.container.database import Database, Server
from tests.container.runs import Finished, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import docker


@pytest.fixture(scope="session")
def engine() -> Iterator[docker.DockerClient]:
    client = images.connect()
    yield client
    client.close()


@pytest.fixture(scope="session")
def base_image(engine: docker.DockerClient) -> str:
    return images.choose(engine, "python")


@pytest.fixture(scope="session")
def postgres_image(engine: docker.DockerClient) -> str:
    return images.choose(engine, "postgres")


@pytest.fixture(scope="session")
def image(engine: docker.DockerClient) -> str:
    """The image under test."""
    return images.build(engine)


@pytest.fixture(scope="session")
def network(engine: docker.DockerClient) -> Iterator[Network]:
    """A network that leads nowhere else."""
    with Network(docker_network_kw={"internal": True}) as private:
        yield private


@pytest.fixture(scope="session")
def server(postgres_image: str, network: Network) -> Iterator[Server]:
    with Server(postgres_image, network) as running:
        yield running


@pytest.fixture
def database(server: Server) -> Database:
    return server.create_database()


@pytest.fixture
def start(image: str, network: Network, database: Database) -> Iterator[Callable[..., Run]]:
    """Starts the image against the test's database: `start("--all", user="…", mounts={…}, environment={…})`."""
    running: list[Run] = []

    def begin(*args: str, environment: dict[str, str] | None = None, **options: Any) -> Run:
        run = Run(
            image,
            *args,
            network=network,
            environment={"DATABASE_URL": database.url, **(environment or {})},
            **options,
        )
        running.append(run)
        return run.__enter__()

    yield begin
    for run in running:
        run.__exit__()


@pytest.fixture
def seed(start: Callable[..., Run]) -> Callable[..., Finished]:
    """Runs the image to its end."""
    return lambda *args, **options: start(*args, **options).finish()
