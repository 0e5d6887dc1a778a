"""A server that speaks TLS before it speaks PostgreSQL, for clients that refuse its certificate and go no further."""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import subprocess
import threading
from typing import TYPE_CHECKING, Final

from tests.integration.postgres import HOST

if TYPE_CHECKING:
    from pathlib import Path

NAME: Final = "db.example"
"""The only name in the certificate."""


class TlsServer:
    """Answers a client's wish for TLS with `S` and a handshake, and then closes the connection."""

    def __init__(self, folder: Path) -> None:
        self.certificate = folder / "server.crt"
        key = folder / "server.key"
        openssl = shutil.which("openssl")
        assert openssl is not None, "the tests of TLS need openssl"
        subprocess.run(
            [
                openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}",
                "-keyout", str(key), "-out", str(self.certificate),
            ],
            check=True,
            capture_output=True,
        )  # fmt: skip
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self.certificate, key)
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), client:
                client.settimeout(5)
                client.recv(8)
                client.sendall(b"S")
                with self._context.wrap_socket(client, server_side=True) as secured:
                    secured.recv(1)

    def close(self) -> None:
        self._listener.close()
