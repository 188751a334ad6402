"""Bio.Entrez, held so that nothing of it is shared with anybody.

Bio.Entrez keeps e-mail, key, number of tries and the time of its last call in the module. Each
client therefore has a module object of its own, made from the same file, whose globals are the
client's alone; code elsewhere that imports Bio.Entrez is not touched, nor does it touch us.

In that copy three things are set. ``urlopen`` is our transport, which has time limits and sends
everything by POST. ``max_tries`` is one: Bio.Entrez asks again at once after 429 and 5xx, and we
wait. ``time`` does not pause: its gap goes by the wall clock, of one thread, and our limiter serves
all. The key is not given to it at all, since it writes the key into addresses; the transport adds
it.

Bio.Entrez builds the requests. It does not read the answers: its parser fetches a document type
that it does not know from wherever the answer says and writes it into the user's home, which a
login page in place of an answer would bring about.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

from evidence_tools.errors import BuildError
from evidence_tools.literature.entrez.transport import Reply, Transport

__all__ = ["UTILITIES", "BioEntrez"]

UTILITIES = ("efetch", "einfo", "elink", "epost", "esearch", "espell", "esummary")


class BioEntrez:
    """The functions of Bio.Entrez over our transport.

    Parameters
    ----------
    email, tool : str
        Sent with every request.
    transport : Transport
        Sends the requests.
    """

    def __init__(self, *, email: str, tool: str, transport: Transport) -> None:
        module = _copy_module("Bio.Entrez")
        for name in ("urlopen", "time", "max_tries", "email", "tool", *UTILITIES):
            if not hasattr(module, name):
                raise BuildError(
                    f"Bio.Entrez has no {name}",
                    expected="Biopython 1.85 to 1.88",
                    fix="install the version in constraints.txt",
                )
        names: dict[str, Any] = vars(module)
        names["urlopen"] = transport.open
        names["max_tries"] = 1
        names["time"] = SimpleNamespace(time=lambda: 0.0, sleep=lambda seconds: None)
        names["email"] = email
        names["tool"] = tool
        names["api_key"] = None
        self._module = module

    def call(self, utility: str, **parameters: Any) -> Reply:
        """Call one E-utility through the function of Bio.Entrez that bears its name.

        Parameters
        ----------
        utility : str
            One of :data:`UTILITIES`.
        **parameters : object
            As the E-utility takes them.
        """
        function: Callable[..., Any] = getattr(self._module, utility)
        reply = function(**parameters)
        if not isinstance(reply, Reply):
            raise BuildError(f"Bio.Entrez.{utility} did not go through our transport")
        return reply


def _copy_module(name: str) -> ModuleType:
    """A second module object from the same file, known to nobody."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        raise BuildError(f"{name} cannot be found", fix="install biopython")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
