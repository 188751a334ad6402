"""The store against a model of a few lines, through any sequence of steps."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from evidence_tools.literature.citations import Citation
from evidence_tools.literature.store import Page, Removal, RunPlan, open_store
from evidence_tools.testing.pubmed import make_citation

PLAN = RunPlan("https://example.org/")
PMIDS = st.integers(1, 4).map(str)
CITATIONS = st.builds(
    lambda pmid, word, revised: make_citation(
        pmid, title=f"Word{word} of {pmid}", revised=revised, version=1
    ),
    PMIDS,
    st.integers(1, 4),
    st.sampled_from([None, "2026-01-01", "2026-02-01"]),
)
PAGES = st.lists(CITATIONS, min_size=1, max_size=4, unique_by=lambda c: c.pmid)
RANK = {"ris": 0, "nbib": 1, "xml": 2, "pubmed": 3}


class StoreModel(RuleBasedStateMachine):
    """Write, repeat, remove, reopen, back up; the store always says what the model says."""

    @initialize()
    def start(self) -> None:
        """An empty store and an empty model."""
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "s.sqlite"
        self.store = open_store(self.path)
        self.versions: dict[str, list[Citation]] = {}
        self.in_force: dict[str, tuple[Citation, str]] = {}
        self.removed: dict[str, str] = {}
        self.wanted: set[str] = set()
        self.files = self.asked = 0
        self.last: tuple[Page, dict[str, int]] | None = None

    def write(self, page: Page, **owner: int) -> None:
        """Put a page into the store."""
        self.store.pages.add(page, **owner)
        self.last = page, owner

    def learn(self, citation: Citation, source: str) -> None:
        """Put a citation into the model."""
        pmid = citation.pmid
        seen = self.versions.setdefault(pmid, [])
        if citation not in seen:
            seen.append(citation)
        if source == "pubmed":
            self.removed.pop(pmid, None)
        if pmid not in self.in_force:
            self.in_force[pmid] = citation, source
            return
        old, standing = self.in_force[pmid]
        if old == citation:
            self.in_force[pmid] = citation, max(source, standing, key=RANK.__getitem__)
        elif self.replaces(citation, source, old, standing):
            self.in_force[pmid] = citation, source

    @staticmethod
    def replaces(new: Citation, source: str, old: Citation, standing: str) -> bool:
        """PubMed always; a file by its date or because its format is richer."""
        later = (new.revised or "") > (old.revised or "")
        level = (new.revised or "") == (old.revised or "")
        return {
            ("pubmed", "pubmed"): True,
            ("xml", "pubmed"): later,
        }.get((source, standing), (later or level) if source == standing else False) or (
            source != standing and RANK[source] > RANK[standing]
        )

    @rule(citations=PAGES)
    def answer(self, citations: list[Citation]) -> None:
        """PubMed answers."""
        self.asked += 1
        run = self.store.runs.start(PLAN)
        self.write(Page((str(self.asked + 100),), citations), run=run.id)
        for citation in citations:
            self.learn(citation, "pubmed")
        self.wanted -= {c.pmid for c in citations}

    @rule(citations=PAGES, kind=st.sampled_from(["xml", "nbib", "ris"]))
    def import_file(self, citations: list[Citation], kind: str) -> None:
        """Somebody imports a file."""
        self.files += 1
        file = self.store.pages.start_file("f", str(self.files), 1, kind)
        self.write(Page(citations=citations), file=file)
        for citation in citations:
            self.learn(citation, kind)

    @rule(pmid=PMIDS, reason=st.sampled_from(["deleted", "merged"]))
    def remove(self, pmid: str, reason: str) -> None:
        """PubMed says that a PMID is gone."""
        self.asked += 1
        run = self.store.runs.start(PLAN)
        self.write(Page((str(self.asked + 100),), removals=(Removal(pmid, reason),)), run=run.id)
        self.removed[pmid] = reason
        self.wanted.discard(pmid)

    @rule(pmids=st.lists(PMIDS))
    def want(self, pmids: list[str]) -> None:
        """A run wants PMIDs; those it had before are not asked for again."""
        run = self.store.runs.start(PLAN)
        before = set(self.store.runs.wanted(run.id))
        self.store.runs.want(run.id, pmids, "new")
        self.wanted |= set(pmids) - before

    @rule()
    def repeat(self) -> None:
        """The last page is written again."""
        if self.last is not None:
            page, owner = self.last
            assert self.store.pages.add(page, **owner).repeated
            if "run" in owner:
                gone = {removal.pmid for removal in page.removals}
                self.wanted -= {c.pmid for c in page.citations} | gone

    @rule()
    def reopen(self) -> None:
        """The program ends and is started again."""
        self.store.close()
        self.store = open_store(self.path)

    @rule()
    def go_on_with_a_backup(self) -> None:
        """The store is lost, and its backup put in its place."""
        backup = self.folder / "backup.sqlite"
        self.store.backup(backup)
        self.store.close()
        backup.replace(self.path)
        self.store = open_store(self.path)

    @invariant()
    def the_store_says_what_the_model_says(self) -> None:
        """Contents in force, every version, removals, what is pending, what is found."""
        if not hasattr(self, "store"):
            return
        store = self.store
        assert store.citations(map(str, range(1, 5))) == {
            pmid: citation for pmid, (citation, _) in sorted(self.in_force.items())
        }
        assert store.pmids() == tuple(sorted(set(self.in_force) - set(self.removed)))
        for pmid, expected in self.versions.items():
            assert [version.citation for version in store.versions(pmid)] == expected
        assert {p: r.reason for p, r in store.removals().items()} == self.removed
        assert set(store.runs.pending()) == self.wanted
        for word in range(1, 5):
            assert {found.citation.pmid for found in store.find(f"Word{word}")} == {
                pmid for pmid, (c, _) in self.in_force.items() if f"Word{word}" in c.title
            }

    def teardown(self) -> None:
        """At the end of any sequence the store is sound."""
        if hasattr(self, "store"):
            assert self.store.check() == []
            self.store.close()
            shutil.rmtree(self.folder)


StoreModel.TestCase.settings = settings(max_examples=20, stateful_step_count=15, deadline=None)
TestStoreModel = StoreModel.TestCase
