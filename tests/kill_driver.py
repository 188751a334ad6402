"""Fork updates of a small project and kill them at random moments; print what happened as JSON."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

from evidence_tools.literature.decisions import Decision, append_decisions
from monthly import NOVEMBER, OCTOBER, update


def attempt(root: Path, url: str, pmid: str, pipe: int) -> None:
    """Decide, say so, and run the update of two months, in a child that may be killed."""
    decision = Decision(
        pmid=pmid, search="back", question="*", decision="seek", by="ann", date="2026-11-21"
    )
    append_decisions(root / "evidence" / "screening.tsv", [decision])
    os.write(pipe, f"{pmid}\n".encode())
    update(root, url, OCTOBER)
    update(root, url, NOVEMBER)
    os.write(pipe, b"done\n")
    os._exit(0)


def main() -> None:
    """Run chains of killed attempts until there were enough kills."""
    project, url, seed, wanted = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    random.seed(seed)
    kills, roots, decided = 0, [], {}
    longest = 0.5
    while kills < wanted:
        root = project.parent / f"chain{len(roots)}"
        shutil.copytree(project, root)
        roots.append(str(root))
        said: list[str] = []
        while True:
            read, write = os.pipe()
            begun = time.monotonic()
            child = os.fork()
            if child == 0:
                os.close(read)
                attempt(root, url, str(5000 + len(said)), write)
            os.close(write)
            # The first attempts of a chain are cut short, the last one is let through.
            last = len(said) >= 8 or kills >= wanted
            if not last:
                time.sleep(random.uniform(0, longest))  # noqa: S311 -- moments, not secrets
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            with os.fdopen(read) as pipe:
                lines = pipe.read().split()
            said += [line for line in lines if line != "done"]
            if "done" in lines:
                if last:
                    longest = max(0.2, 0.5 * longest + 0.5 * (time.monotonic() - begun))
                break
            if last:
                raise SystemExit("an attempt that nobody killed did not finish")
            kills += 1
        decided[str(root)] = said
    print(json.dumps({"kills": kills, "roots": roots, "decided": decided}))


if __name__ == "__main__":
    main()
