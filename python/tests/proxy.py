"""A TCP proxy in front of a server's unix socket, which can lose replies."""

from __future__ import annotations

import selectors
import socket
import threading
from pathlib import Path


class Proxy:
    """Passes bytes on. While `lose` is above 0, each reply to a command that contains `marker` cuts the connection."""

    def __init__(self, path: Path, marker: bytes) -> None:
        self.lose = 0
        self._made = 0
        self._held = 0
        self._path = path
        self._marker = marker
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def hold(self) -> None:
        """From now on nothing passes on the connections that are there, and nothing ends: they are half open."""
        self._held = self._made

    def close(self) -> None:
        self._closing.set()
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        self._listener.settimeout(0.05)
        while not self._closing.is_set():
            try:
                near, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with near, socket.socket(socket.AF_UNIX) as far, selectors.DefaultSelector() as ready:
            far.connect(str(self._path))
            ready.register(near, selectors.EVENT_READ, far)
            ready.register(far, selectors.EVENT_READ, near)
            marked = False
            self._made += 1
            number = self._made
            while not self._closing.is_set():
                if number <= self._held:
                    self._closing.wait(0.05)
                    continue
                for key, _ in ready.select(0.05):
                    source, target = key.fileobj, key.data
                    assert isinstance(source, socket.socket)
                    try:
                        data = source.recv(65536)
                    except OSError:
                        return
                    if not data:
                        return
                    if source is near:
                        marked = marked or self._marker in data
                    elif marked:
                        marked = False
                        if self.lose > 0:
                            self.lose -= 1
                            return  # the server has run it; its answer never arrives
                    target.sendall(data)
