"""Write pages of citations into the store, each in one transaction with everything it brought."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from evidence_tools.errors import DataError
from evidence_tools.identifiers import parse_pmid
from evidence_tools.literature.store.database import Database, StoreError
from evidence_tools.literature.store.fulltext import text_parts
from evidence_tools.literature.store.pages import (
    FILE_ORIGINS,
    Origin,
    Page,
    Prepared,
    Receipt,
    Stored,
    prepare,
    supersedes,
)
from evidence_tools.literature.store.payloads import unpack
from evidence_tools.literature.store.runs import Clock, RunState, stamp

__all__ = ["PageLog"]

#: Outcomes of a citation in a page, the least change first.
_OUTCOMES = ("same", "kept", "changed", "new")


class PageLog:
    """The pages of a store."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def add(self, page: Page, *, run: int | None = None, file: int | None = None) -> Receipt:
        """Write a page of a run or of an imported file, in one transaction.

        A page that is there already (same run or file, same content) changes nothing. When this
        returns, the page is on the disk.

        Raises
        ------
        StoreError
            When the run is not open, or the disk is full; then nothing of the page is written.
        """
        if (run is None) == (file is None):
            raise ValueError("a page belongs to a run or to a file")
        made = prepare(page)
        with self._db.transaction():
            receipt = self._repeated(run, file, made.digest)
            if receipt is None:
                receipt, outcomes = self._write(made, run, file)
            else:
                # It may answer what another run wants since.
                outcomes = {item.pmid: "same" for item in made.stored}
            if run is not None:
                self._settle(receipt.page, outcomes, made)
        return receipt

    def _repeated(self, run: int | None, file: int | None, digest: str) -> Receipt | None:
        """Receipt of a page that is there already."""
        row = self._db.row(
            "SELECT id, number, new, changed, kept, same, "
            "(SELECT count(*) FROM problem WHERE page = page.id), "
            "(SELECT count(*) FROM removal WHERE page = page.id) FROM page "
            "WHERE run IS ? AND file IS ? AND digest = ?",
            (run, file, digest),
        )
        return replace(Receipt(*row), repeated=True) if row else None

    def _write(
        self, made: Prepared, run: int | None, file: int | None
    ) -> tuple[Receipt, dict[int, str]]:
        """Write a page; return its receipt and the outcome of each PMID."""
        origin = self._origin(run, file)
        number, page = self._open_page(made, run, file)
        outcomes = self._put_citations(made.stored, origin, page)
        if made.body:
            self._db.execute("INSERT INTO body (page, data) VALUES (?, ?)", (page, made.body))
        self._db.execute_many(
            "INSERT INTO problem (page, place, pmid, what) VALUES (?, ?, ?, ?)",
            [(page, *problem) for problem in made.problems],
        )
        for pmid, target, reason in made.removals:
            self._put_removal(pmid, target, reason, origin, page)
        counts = Counter(outcomes.values())
        receipt = Receipt(
            page=page,
            number=number,
            new=counts["new"],
            changed=counts["changed"],
            kept=counts["kept"],
            same=counts["same"],
            problems=len(made.problems),
            removals=len(made.removals),
        )
        self._db.execute(
            "UPDATE page SET new = ?, changed = ?, kept = ?, same = ? WHERE id = ?",
            (receipt.new, receipt.changed, receipt.kept, receipt.same, page),
        )
        return receipt, outcomes

    def _origin(self, run: int | None, file: int | None) -> Origin:
        """Where a page comes from; a run must be open."""
        if file is not None:
            return FILE_ORIGINS[self._db.value("SELECT kind FROM file WHERE id = ?", (file,))]
        state = self._db.value("SELECT state FROM run WHERE id = ?", (run,))
        if state != RunState.OPEN:
            raise StoreError(
                f"run {run} is {state or 'unknown'}", expected="an open run", fix="start a new run"
            )
        return Origin.PUBMED

    def _open_page(self, made: Prepared, run: int | None, file: int | None) -> tuple[int, int]:
        """Write the row of a page; return its number in the run or file, and its id."""
        number = self._db.value(
            "SELECT coalesce(max(number), 0) + 1 FROM page WHERE run IS ? AND file IS ?",
            (run, file),
        )
        page = self._db.execute(
            "INSERT INTO page (run, file, number, digest, asked, at, new, changed, kept, same) "
            "VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0, 0)",
            (run, file, number, made.digest, json.dumps(made.asked), stamp(self._clock())),
        )
        return number, page

    def _put_citations(self, stored: Iterable[Stored], origin: Origin, page: int) -> dict[int, str]:
        """Write citations; return the outcome of each PMID."""
        outcomes: dict[int, str] = {}
        for item in stored:
            outcome = self._put_citation(item, origin, page)
            # One PMID twice in a page: the greater change is its outcome.
            before = outcomes.get(item.pmid, outcome)
            outcomes[item.pmid] = max(outcome, before, key=_OUTCOMES.index)
        return outcomes

    def _put_citation(self, item: Stored, origin: Origin, page: int) -> str:
        db = self._db
        content = db.value(
            "SELECT id FROM content WHERE pmid = ? AND digest = ?", (item.pmid, item.payload.digest)
        )
        added = content is None
        if added:
            content = db.execute(
                "INSERT INTO content (pmid, digest, payload) VALUES (?, ?, ?)",
                (item.pmid, *item.payload),
            )
        db.execute("INSERT OR IGNORE INTO seen (content, page) VALUES (?, ?)", (content, page))
        standing = db.row(
            "SELECT content, citation.origin, payload, removal FROM citation "
            "JOIN content ON content.id = citation.content WHERE citation.pmid = ?",
            (item.pmid,),
        )
        if standing is None:
            self._bring_into_force(item, content, origin, page, first=True)
            return "new"
        old, old_origin, payload, removal = standing
        if removal is not None:
            self._restore(item.pmid, removal, origin)
        if old == content:
            if origin > old_origin:
                db.execute("UPDATE citation SET origin = ? WHERE pmid = ?", (origin, item.pmid))
            return "same"
        if supersedes(item.citation, origin, unpack(payload, db.path), Origin(old_origin)):
            self._bring_into_force(item, content, origin, page, first=False)
            return "changed"
        return "kept" if added else "same"

    def _bring_into_force(
        self, item: Stored, content: int, origin: Origin, page: int, *, first: bool
    ) -> None:
        db = self._db
        db.execute(
            "INSERT INTO history (pmid, content, page) VALUES (?, ?, ?)", (item.pmid, content, page)
        )
        if first:
            removal = None if origin is Origin.PUBMED else self._said_by_pubmed(item.pmid)
            db.execute(
                "INSERT INTO citation (pmid, content, origin, removal) VALUES (?, ?, ?, ?)",
                (item.pmid, content, origin, removal),
            )
        else:
            # The index must forget the old text before the view shows the new one.
            db.execute("DELETE FROM fulltext WHERE rowid = ?", (item.pmid,))
            db.execute(
                "UPDATE citation SET content = ?, origin = ? WHERE pmid = ?",
                (content, origin, item.pmid),
            )
        db.execute(
            "INSERT INTO fulltext (rowid, title, abstract, keywords, mesh, authors) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (item.pmid, *text_parts(item.citation)),
        )

    def _put_removal(
        self, pmid: int, target: int | None, reason: str, origin: Origin, page: int
    ) -> None:
        """Note a removal, unless the last one of this PMID still stands and says the same."""
        db = self._db
        state = db.row("SELECT origin, removal FROM citation WHERE pmid = ?", (pmid,))
        last = db.row(
            "SELECT id, target, reason FROM removal WHERE pmid = ? ORDER BY id DESC LIMIT 1",
            (pmid,),
        )
        stands = last is not None and (state is None or state[1] == last[0])
        if stands and last is not None and last[1:] == (target, reason):
            return
        number = db.execute(
            "INSERT INTO removal (pmid, target, reason, page) VALUES (?, ?, ?, ?)",
            (pmid, target, reason, page),
        )
        # A file may be older than what PubMed answered since.
        if state is not None and origin >= state[0]:
            db.execute("UPDATE citation SET removal = ? WHERE pmid = ?", (number, pmid))

    def _restore(self, pmid: int, removal: int, origin: Origin) -> None:
        """Take a removal back when the citation is seen again where it was said to be gone."""
        if origin is Origin.PUBMED or self._said_by_pubmed(pmid) != removal:
            self._db.execute("UPDATE citation SET removal = NULL WHERE pmid = ?", (pmid,))

    def _said_by_pubmed(self, pmid: int) -> int | None:
        """The last removal of a PMID, where PubMed said so and not a file."""
        row = self._db.row(
            "SELECT removal.id, run FROM removal JOIN page ON page.id = removal.page "
            "WHERE removal.pmid = ? ORDER BY removal.id DESC LIMIT 1",
            (pmid,),
        )
        return None if row is None or row[1] is None else int(row[0])

    def _settle(self, page: int, outcomes: Mapping[int, str], made: Prepared) -> None:
        """Take what a page answered off the lists of every open run."""
        settled = dict.fromkeys(_readable(pmid for _, pmid, _ in made.problems), "damaged")
        settled |= {pmid: "missing" for pmid, _, _ in made.removals}
        settled |= outcomes
        self._db.execute_many(
            "UPDATE wanted SET page = ?, outcome = ? WHERE pmid = ? AND page IS NULL "
            "AND run IN (SELECT id FROM run WHERE state = 'open')",
            [(page, outcome, pmid) for pmid, outcome in settled.items()],
        )

    def start_file(self, name: str, sha256: str, size: int, kind: str) -> int:
        """Record that a file is being imported; the same file again has the same number."""
        with self._db.transaction():
            number = self._db.value("SELECT id FROM file WHERE sha256 = ?", (sha256,))
            if number is None:
                number = self._db.execute(
                    "INSERT INTO file (name, sha256, size, kind, started) VALUES (?, ?, ?, ?, ?)",
                    (name, sha256, size, kind, stamp(self._clock())),
                )
        return int(number)

    def finish_file(self, file: int) -> None:
        """Record that a file was read to its end."""
        with self._db.transaction():
            self._db.execute(
                "UPDATE file SET finished = coalesce(finished, ?) WHERE id = ?",
                (stamp(self._clock()), file),
            )


def _readable(pmids: Iterable[str | None]) -> list[int]:
    """Those of the PMIDs of damaged articles that are PMIDs."""
    found = []
    for pmid in pmids:
        try:
            found.append(int(parse_pmid(pmid or "")))
        except DataError:
            continue
    return found
