"""The site is whole, the same for the same inputs, and never half-written."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from builders import DAY, ROOT, TEXT, appraisal, question, record
from evidence_tools.agreement import compare_passes
from evidence_tools.errors import BuildError, DataError, InputError
from evidence_tools.files import write_model
from evidence_tools.identifiers import parse_finding_ref
from evidence_tools.register import question_rows, source_links
from evidence_tools.report import build, build_report
from evidence_tools.stated import measure_grid, read_grid
from interrupted import interrupt, where_groups_are_seen

pytestmark = pytest.mark.xdist_group("report")


class Page(HTMLParser):
    """Links, ids, images and text of one page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.resources: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        """Note what the tag refers to."""
        values = dict(attrs)
        if values.get("id"):
            self.ids.add(values["id"])
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        if tag == "img":
            self.images.append(values)
        for name in ("src", "srcset", "data", "poster"):
            if values.get(name):
                self.resources.append(values[name])
        if tag == "link":
            self.resources.append(values["href"])

    def handle_data(self, data):
        """Note the text."""
        self.words.append(data)

    @property
    def text(self) -> str:
        """All text, blanks folded."""
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """The report of the real evidence base."""
    out = tmp_path_factory.mktemp("site") / "report"
    return build_report(ROOT / "evidence", DAY, out=out)


@pytest.fixture(scope="session")
def pages(site) -> dict[str, Page]:
    """All its pages, parsed."""
    return {
        path.relative_to(site).as_posix(): Page(path.read_text(encoding="utf-8"))
        for path in site.rglob("*.html")
    }


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Path:
    """A cache of executed notebooks for the small project, so that tests build fast."""
    return tmp_path_factory.mktemp("cache")


def digest_of(folder: Path) -> dict[str, str]:
    """Hash of every file of a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_every_claim_and_question_and_source_has_its_place(site, pages, assessment):
    """372 claims with an anchor of their own, a page a question, a page a source."""
    base = assessment.base
    for claim in base.claims.values():
        page = pages[f"documents/{base.document_of[claim.id]}.html"]
        assert claim.id in page.ids
        assert " ".join(claim.proposition.split()) in page.text
    for question_id in base.questions:
        assert f"questions/{question_id}.html" in pages
        assert question_id in pages["matrix.html"].ids
    for key in base.records:
        assert f"sources/{key}.html" in pages


def test_every_link_leads_somewhere(pages, site):
    """Inside links reach a file and, with a fragment, an id on it."""
    broken = []
    for name, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            target = (site / name).parent / unquote(parts.path) if parts.path else site / name
            target = Path(os.path.normpath(target))
            if not target.is_file():
                broken.append((name, link))
            elif parts.fragment and target.suffix == ".html":
                reached = pages[target.relative_to(site).as_posix()]
                if parts.fragment not in reached.ids:
                    broken.append((name, link))
    assert broken == []


def test_no_resource_comes_from_elsewhere(pages, site):
    """Style, script and pictures are in the site itself; the style sheet fetches nothing."""
    for name, page in pages.items():
        for resource in page.resources:
            assert not urlsplit(resource).scheme or resource.startswith("data:image/"), name
    css = (site / "static" / "style.css").read_text()
    assert "http" not in css
    assert "@import" not in css
    assert "url(" not in css


def test_every_picture_has_a_text_and_its_file(pages, site):
    """Alternative texts with numbers in them."""
    for name, page in pages.items():
        for image in page.images:
            assert re.search(r"\d", image["alt"] or ""), name
    for figure in ("matrix", "map", "advice", "effects-low-back-pain"):
        assert (site / "figures" / f"{figure}.svg").is_file()
        assert (site / "figures" / f"{figure}.png").read_bytes().startswith(b"\x89PNG")


def test_a_level_is_a_word_and_a_symbol_and_not_a_colour_alone(site):
    """Every badge holds both."""
    text = (site / "claims.html").read_text(encoding="utf-8")
    badges = re.findall(r'<span class="badge"[^>]*>(.*?)</span>\s*(?=<)', text)
    bare = re.findall(
        r'class="badge"[^>]*><span aria-hidden="true">\S</span> [a-z -]+</span>', text
    )
    assert len(bare) >= 2 * 372
    assert badges


def test_every_tag_has_a_trace_to_pubmed_a_doi_or_a_page(assessment, pages):
    """From each claim to findings, and from each finding's source to an address."""
    base = assessment.base
    for verdict_id, verdict in assessment.verdicts.items():
        if verdict.support is None:
            continue
        assert verdict.steps
        for key in base.claims[verdict_id].questions:
            judged = assessment.appraisals[key]
            used = [*judged.findings_basis]
            if judged.none_found:
                used += judged.none_found.findings
                assert judged.none_found.runs or judged.none_found.findings
            for address in used:
                source = base.records[parse_finding_ref(address).record]
                assert source_links(source), address
                assert parse_finding_ref(address).finding in pages[f"sources/{source.key}.html"].ids


def test_the_four_cited_sources_say_what_they_do_and_do_not_support(pages):
    """On the page of document 001."""
    text = pages["documents/001.html"].text
    for key in ("Bervoets", "Field", "Furlan", "Qaseem"):
        assert key in text
    assert text.count("It supports:") == text.count("It does not support:") == 4


def test_how_far_to_trust_it_is_shown_whatever_it_says(pages, base):
    """Agreement of two passes and with the sources' own words, on a page of its own."""
    text = pages["trust.html"].text
    assert f"{len(compare_passes(base, DAY))} questions were judged twice" in text
    assert "No human panel" in text
    grid = read_grid(base)
    assert f"kappa is {measure_grid(grid):.2f}" in text
    for cell in grid:
        assert (cell.finding in text) == bool(cell.steps)


def test_the_notice_stands_on_every_page(pages):
    """Nothing here is legal or medical advice."""
    for name, page in pages.items():
        assert "not legal advice and not medical advice" in page.text, name


def test_no_missing_value_is_shown_as_a_word(pages):
    """A missing number is left empty; nothing that is used says that it was left out."""
    for name, page in pages.items():
        assert not re.search(r"\b(?:nan|NaN|NaT)\b|<NA>", page.text), name


def test_a_finding_that_is_used_is_not_called_left_out(pages):
    """Low back pain rests on furlan2015:f3, and its table says so."""
    row = re.search(r"furlan2015:f3 cochrane-review; massage-general (\S+ ?\S*)",
                    pages["questions/low-back-pain.html"].text)  # fmt: skip
    assert row[1] == "for, used"


def test_the_register_names_conditions_or_the_reason_for_refusal(assessment, pages):
    """Every entry: status, wording with its conditions, or why there is none; dates; stable id."""
    page = pages["register.html"]
    for row in question_rows(assessment):
        assert row["id"] in page.ids
        assert (row["conditions"] is None) == (row["wording"] is None)
        assert bool(row["refusal"]) == (row["wording"] is None)
        assert row["review_by"] > row["appraised"]
        if row["conditions"]:
            assert set(row["conditions"]) == {
                "population", "technique", "comparator", "time", "magnitude",
            }  # fmt: skip


def test_the_tables_hold_what_the_pages_hold(site, assessment):
    """JSON and CSV with every claim and question."""
    claims = json.loads((site / "data" / "claims.json").read_text())["claims"]
    matrix = json.loads((site / "data" / "matrix.json").read_text())["questions"]
    assert len(claims) == len(assessment.base.claims)
    assert len(matrix) == len(assessment.base.questions)
    assert (site / "data" / "references.bib").read_text() == (ROOT / "references.bib").read_text()


def test_a_second_build_does_nothing_and_a_build_from_nothing_gives_the_same_bytes(project):
    """Byte-equal sites, notebooks included; unchanged inputs are not built again."""
    out = project / "build" / "report"
    evidence = project / "evidence"
    build_report(evidence, DAY, out=out, jobs=2)
    first = digest_of(out)
    stamp = (out / "manifest.json").stat().st_mtime_ns
    build_report(evidence, DAY, out=out)
    assert (out / "manifest.json").stat().st_mtime_ns == stamp
    moved = project.parent / "elsewhere {0}"
    shutil.copytree(project, moved, ignore=shutil.ignore_patterns("build"))
    again = build_report(moved / "evidence", DAY, out=moved / "out {x}")
    assert digest_of(again) == first


@pytest.fixture
def built(project) -> Path:
    """The small project with its report built."""
    build_report(project / "evidence", DAY, out=project / "build" / "report")
    return project


def test_text_is_data_in_the_site(built):
    """A script in a title, markup in a document's title and braces come out as text."""
    for path in (built / "build" / "report").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "<script>alert" not in text
        assert "<b>pain</b>" not in text
    source = (built / "build/report/sources/smith2020.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; {{ 7*7 }}" in source


def test_with_the_texts_at_hand_quotations_stand_in_place(built):
    """And without them the anchor's words."""
    page = built / "build" / "report" / "documents" / "900.html"
    assert "“Neuromuscular massage … for good.”" in page.read_text(encoding="utf-8")
    folder = built / "texts"
    folder.mkdir()
    (folder / "900_test.txt").write_text(TEXT)
    build_report(built / "evidence", DAY, out=built / "build" / "report", documents=folder)
    quoted = "<blockquote>Neuromuscular massage relieves low back pain for good.</blockquote>"
    assert quoted in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left")])
def test_an_interrupted_build_leaves_the_previous_report_whole(built, monkeypatch, error):
    """Written aside, then moved: Ctrl-C and a full disk cost nothing."""
    out = built / "build" / "report"
    before = digest_of(out)
    write_model(
        question(appraisal=appraisal(bottom_line="New.")),
        built / "evidence" / "questions" / "low-back-pain.toml",
    )

    def fail(*_args, **_kwargs):
        raise error

    monkeypatch.setattr(build, "_write_manifest", fail)
    with pytest.raises(KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else BuildError):
        build_report(built / "evidence", DAY, out=out)
    assert digest_of(out) == before
    assert sorted(path.name for path in out.parent.iterdir()) == ["cache", "report"]


def test_a_build_that_is_killed_leaves_a_whole_report(built):
    """SIGKILL at several moments: the report is the old one or the new one, never a mixture."""
    out = built / "build" / "report"
    old = digest_of(out)
    write_model(
        question(appraisal=appraisal(bottom_line="New.")),
        built / "evidence" / "questions" / "low-back-pain.toml",
    )
    command = [sys.executable, "-m", "evidence_tools.cli", "report", "--as-of", str(DAY)]
    seen = []
    for seconds in (0.3, 1.5, 3.0, 4.5, 6.0, 7.0, 8.0):
        process = subprocess.Popen(
            command, cwd=built, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        seen.append(digest_of(out))
    build_report(built / "evidence", DAY, out=out)
    new = digest_of(out)
    assert new != old
    assert all(state in (old, new) for state in seen)


def test_evidence_that_is_changed_meanwhile_makes_no_mixed_report(built, tmp_path):
    """Data for download come from the same evidence as the pages, or not at all."""
    with pytest.raises(BuildError, match="changed while its report was made; to mend it"):
        build.write_data(built / "evidence", "another", DAY, "strict", "", tmp_path)
    assert list(tmp_path.glob("data/*")) == []


@where_groups_are_seen
def test_ctrl_c_is_no_matter_of_the_processes_that_make_parts(built):
    """A terminal tells all its processes: only the command answers, in a word."""
    command = [sys.executable, "-m", "evidence_tools.cli", "report", "--as-of", str(DAY)]
    shutil.rmtree(built / "build")
    said, heard = interrupt(command, built)
    assert heard == []
    assert said.endswith("Aborted!\n")
    assert "Traceback" not in said


def test_what_killed_builds_left_is_swept_after_an_hour(built):
    """A folder aside that is old goes; a young one may belong to a build that runs."""
    out = built / "build" / "report"
    old, young = (out.parent / f".report-{name}" for name in ("abcdefgh", "ijklmnop"))
    for folder in (old, young):
        folder.mkdir()
    os.utime(old, (0, 0))
    write_model(
        question(appraisal=appraisal(bottom_line="New.")),
        built / "evidence" / "questions" / "low-back-pain.toml",
    )
    build_report(built / "evidence", DAY, out=out)
    assert not old.exists()
    assert young.exists()


def test_folders_are_swapped_where_the_system_cannot_exchange_names(tmp_path, monkeypatch):
    """The slower way puts the old one back when the second step fails."""
    monkeypatch.setattr(build, "_exchange", lambda *_: False)
    new, old = tmp_path / "new", tmp_path / "old"
    for folder in (new, old):
        folder.mkdir()
        (folder / folder.name).touch()
    build.swap_folders(new, old)
    assert [path.name for path in old.iterdir()] == ["new"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old"]


@pytest.mark.parametrize("exchange", [True, False])
def test_a_swap_that_fails_keeps_the_old_folder(tmp_path, monkeypatch, exchange):
    """With the new one missing, the old one stands."""
    if not exchange:
        monkeypatch.setattr(build, "_exchange", lambda *_: False)
    old = tmp_path / "old"
    old.mkdir()
    (old / "page").touch()
    with pytest.raises(OSError, match="No such file"):
        build.swap_folders(tmp_path / "missing", old)
    assert (old / "page").exists()


def test_a_failing_notebook_is_named_and_the_previous_report_stays(built):
    """The cell, the error, and where the executed copy is."""
    out = built / "build" / "report"
    before = digest_of(out)
    path = built / "notebooks" / "matrix.ipynb"
    path.write_text(path.read_text().replace("summaries.sum_up_questions", "summaries.nothing"))
    with pytest.raises(BuildError, match=r"matrix\.ipynb.*AttributeError.*failed\.ipynb"):
        build_report(built / "evidence", DAY, out=out)
    assert digest_of(out) == before


def test_an_output_folder_that_is_none_is_refused(project, tmp_path):
    """A file, or a folder with other things in it, is not overwritten."""
    file = tmp_path / "file"
    file.write_text("mine")
    with pytest.raises(InputError, match="is a file"):
        build_report(project / "evidence", DAY, out=file)
    with pytest.raises(InputError, match="cannot be written"):
        build_report(project / "evidence", DAY, out=file / "below")
    full = tmp_path / "full"
    full.mkdir()
    (full / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="something other than a report"):
        build_report(project / "evidence", DAY, out=full)
    assert (full / "thesis.txt").read_text() == "mine"


def test_a_read_only_output_folder_is_told_before_work_begins(project, tmp_path, monkeypatch):
    """Asked of the system, because root may write anywhere."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(InputError, match="cannot be written"):
        build_report(project / "evidence", DAY, out=tmp_path / "report")


def test_a_claim_that_names_an_unknown_question_stops_the_build(project):
    """With the claim, the question and the file."""
    path = project / "evidence" / "questions" / "low-back-pain.toml"
    path.rename(path.with_name("sleep.toml"))
    path = path.with_name("sleep.toml")
    path.write_text(path.read_text().replace('id = "low-back-pain"', 'id = "sleep"'))
    with pytest.raises(DataError, match=r"d900-001 names the unknown question"):
        build_report(project / "evidence", DAY, out=project / "build" / "report")


def test_a_question_without_appraisal_is_shown_as_such_everywhere(project):
    """Never as a level."""
    write_model(question(), project / "evidence" / "questions" / "low-back-pain.toml")
    out = build_report(project / "evidence", DAY, out=project / "build" / "report")
    for name in ("questions/low-back-pain.html", "documents/900.html", "claims.html",
                 "matrix.html"):  # fmt: skip
        text = Page((out / name).read_text(encoding="utf-8")).text
        assert "not yet appraised" in text.casefold(), name
    row = json.loads((out / "data" / "matrix.json").read_text())["questions"][0]
    assert (row["support"], row["certainty"], row["appraised"]) == (None, None, None)


def test_a_stale_verdict_says_so_everywhere(project):
    """Past its review-by date."""
    judged = appraisal(date=DAY.replace(year=2024))
    path = project / "evidence" / "questions" / "low-back-pain.toml"
    write_model(question(appraisal=judged), path)
    out = build_report(project / "evidence", DAY, out=project / "build" / "report")
    for name in ("matrix.html", "register.html", "claims.html", "questions/low-back-pain.html",
                 "documents/900.html"):  # fmt: skip
        assert "past its date" in (out / name).read_text(encoding="utf-8"), name
    row = json.loads((out / "data" / "matrix.json").read_text())["questions"][0]
    assert row["stale"]


def test_one_changed_question_runs_no_unneeded_drawing(built):
    """Figures whose data did not change come from the cache."""
    cache = built / "build" / "cache"
    before = {path.name: path.stat().st_mtime_ns for path in cache.glob("*.svg")}
    write_model(record("jones2021"), built / "evidence" / "records" / "jones2021.json")
    build_report(built / "evidence", DAY, out=built / "build" / "report")
    after = {path.name: path.stat().st_mtime_ns for path in cache.glob("*.svg")}
    assert before == after
