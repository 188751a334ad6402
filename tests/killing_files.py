"""A place for files, ``killing://``, of which reading some kills the process that reads.

``killing:///always/…`` kills every worker; ``killing:///once/…`` the first one, which leaves a mark
beside the file. Only workers die: a process that has MARK in its environment is the test's own.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import fsspec
from fsspec.implementations.local import LocalFileSystem

#: Names the process that must not die, so that a mistake in a test costs the test only.
MARK = "EVIDENCE_TEST_PROCESS"


class KillingFiles(LocalFileSystem):
    """Local files; those with ``always`` or ``once`` in their folder's name kill."""

    protocol = "killing"

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return LocalFileSystem._strip_protocol(str(path).removeprefix("killing://"))

    def unstrip_protocol(self, name: str) -> str:
        """The address by which a worker opens a file."""
        return f"killing://{name}"

    def _open(self, path: str, mode: str = "rb", **more: object):
        if path.endswith(".gz") and os.environ.get(MARK) != str(os.getpid()):
            mark = Path(f"{path}.killed")
            folder = Path(path).parent.name
            if folder == "always" or (folder == "once" and not mark.exists()):
                with mark.open("a") as file:
                    file.write("killed\n")
                os.kill(os.getpid(), signal.SIGKILL)
        return super()._open(path, mode, **more)


fsspec.register_implementation("killing", KillingFiles, clobber=True)
