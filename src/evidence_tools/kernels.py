"""Start a notebook's kernel: as Jupyter does, or forked from a process that has the imports done.

A kernel costs two seconds of processor time before its first cell shows anything, nearly all of it
imports that every notebook of a report needs. A server that has done them once hands out a fresh
process for each part of a report, and that process forks its kernel before it does anything else.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterable
from multiprocessing import get_context
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

__all__ = ["FORKS", "fork_kernel", "kernel_manager", "warm_context"]

#: Whether processes are forked here: system libraries of other systems do not bear it.
FORKS = sys.platform == "linux"


def warm_context(modules: Iterable[str]) -> BaseContext:
    """Context of processes that start with modules imported; the server begins to import at once.

    Where processes are not forked they start anew, with nothing imported.
    """
    if not FORKS:
        return get_context("spawn")
    from multiprocessing import forkserver

    context = get_context("forkserver")
    context.set_forkserver_preload(list(modules))
    forkserver.ensure_running()
    return context


class ForkedKernel:
    """A process forked from this one that waits to become a kernel; behaves as ``Popen`` does."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, orders: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._orders = orders

    def begin(self, connection: str, folder: str, environment: dict[str, str]) -> None:
        """Let the process become the kernel of a connection file."""
        order = {"connection": connection, "folder": folder, "environment": environment}
        with os.fdopen(self._orders, "wb") as pipe:
            pipe.write(json.dumps(order).encode())

    def poll(self) -> int | None:
        """Exit status, or None while it runs."""
        if self.returncode is None:
            found, status = os.waitpid(self.pid, os.WNOHANG)
            if found:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self) -> int:
        """Exit status, once it has ended."""
        if self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


def fork_kernel() -> ForkedKernel:
    """Fork a process that becomes a kernel when it is told to; call this before any thread runs."""
    read, write = os.pipe()
    pid = os.fork()
    if pid:
        os.close(read)
        return ForkedKernel(pid, write)
    try:
        os.close(write)
        with os.fdopen(read, "rb") as pipe:
            told = pipe.read()
        if told:  # else whoever forked it has ended
            _run_kernel(json.loads(told))
    finally:
        os._exit(0)


def _run_kernel(order: dict[str, Any]) -> None:
    from ipykernel.kernelapp import launch_new_instance

    os.setsid()
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    # It ends with its parent, which ipykernel asks the environment for on import, long before.
    parent = f"--IPKernelApp.parent_handle={os.getppid()}"
    sys.argv = ["ipykernel_launcher", "-f", order["connection"], parent]
    launch_new_instance()


def kernel_manager(folder: Path, forked: ForkedKernel | None = None) -> type[AsyncKernelManager]:
    """Kernel manager that talks over sockets in a folder of its own.

    The default is unencrypted TCP that every process of the machine can reach; and two kernels at
    once would share Jupyter's default name for the sockets.

    Parameters
    ----------
    folder : Path
        The folder of the sockets.
    forked : ForkedKernel, optional
        The process that becomes the kernel; by default one is started as Jupyter does.
    """

    class ForkingProvisioner(LocalProvisioner):
        async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
            manager: Any = self.parent
            assert forked is not None  # noqa: S101 -- else Jupyter's own is used
            forked.begin(
                manager.connection_file,
                str(kwargs.get("cwd") or Path.cwd()),
                dict(kwargs.get("env", os.environ)),
            )
            self.process: Any = forked
            self.pid, self.pgid = forked.pid, None
            return self.connection_info

    class PrivateKernelManager(AsyncKernelManager):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.transport = "ipc"
            self.ip = str(folder / "kernel")

        async def _async_pre_start_kernel(self, **kwargs: Any) -> Any:
            spec: Any = self.kernel_spec
            if forked is not None and "ipykernel_launcher" in spec.argv:
                self.kernel_id = self.kernel_id or "forked"
                self.provisioner = ForkingProvisioner(
                    kernel_id=self.kernel_id, kernel_spec=spec, parent=self
                )
            return await super()._async_pre_start_kernel(**kwargs)

        pre_start_kernel = _async_pre_start_kernel

    return PrivateKernelManager
