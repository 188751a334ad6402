"""A server of the web page in a process of its own, for tests that speak to it as others do.

``python web_server.py '{"stall_seconds": 1}'`` prints its address, and serves until it is ended.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evidence_tools.web.server import address_of, bind_port, run_server
from evidence_tools.web.settings import Settings

ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Running:
    """A server's process, and where it listens."""

    process: subprocess.Popen[str]
    base: str

    @property
    def place(self) -> tuple[str, int]:
        """Host and port."""
        host, port = self.base.removeprefix("http://").rstrip("/").split(":")
        return host, int(port)

    def stop(self) -> str:
        """End it; return all that it wrote."""
        self.process.terminate()
        out, err = self.process.communicate(timeout=30)
        return out + err


@contextlib.contextmanager
def serving(
    report: Path, environ: dict[str, str] | None = None, **changes: Any
) -> Iterator[Running]:
    """Start a server with some settings changed; end it with the block."""
    process = subprocess.Popen(
        [sys.executable, __file__, json.dumps({**changes, "report": str(report)})],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(environ or {})},
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, line + process.communicate(timeout=30)[1]
        yield Running(process, found[0])
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=30)


def fall_over(_order: object) -> None:
    """Stand in for an audit whose process dies."""
    os._exit(9)


def main() -> None:
    """Serve as the argument says."""
    changes = json.loads(sys.argv[1])
    if changes.pop("no_files", False):
        import resource

        # From here on, a byte written to any file is an error.
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    changes["report"] = Path(changes["report"])
    settings = Settings(evidence=ROOT / "evidence", **changes)
    listener = bind_port(settings.host, 0)
    address = address_of(listener, settings.host)
    run_server(settings, listener, lambda: print(address, flush=True))


if __name__ == "__main__":
    main()
