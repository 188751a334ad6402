-- The store, version 1. Rows are added and never rewritten, except for what is marked "moves".
-- Times are UTC in ISO 8601, PMIDs are numbers, JSON is text.

-- A run: one strategy (or, without one, a list of sources) asked of one endpoint over one window.
CREATE TABLE run (
  id INTEGER PRIMARY KEY,
  strategy TEXT NOT NULL,                  -- '' when no strategy is run
  query TEXT NOT NULL,                     -- as compiled, before any window
  digest TEXT NOT NULL,
  since TEXT NOT NULL,                     -- '' is open
  until TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  started TEXT NOT NULL,
  finished TEXT,                           -- moves
  state TEXT NOT NULL CHECK (state IN ('open', 'finished', 'abandoned')),   -- moves
  summary TEXT NOT NULL DEFAULT '{}'       -- moves; JSON
) STRICT;
-- Two commands started at once, or one started again, go on with the same open run.
CREATE UNIQUE INDEX run_open ON run (strategy, digest, since, until, endpoint)
  WHERE state = 'open';
CREATE INDEX run_of_strategy ON run (strategy, id);

-- What a search within a run was answered: its number, NCBI's reading of it, its PMIDs.
CREATE TABLE answer (
  id INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES run,
  kind TEXT NOT NULL,
  query TEXT NOT NULL,                     -- as sent
  total INTEGER NOT NULL,
  translation TEXT,
  warnings TEXT NOT NULL,                  -- JSON
  requests INTEGER NOT NULL,
  at TEXT NOT NULL,
  digest TEXT NOT NULL
) STRICT;
CREATE INDEX answer_of_run ON answer (run, kind, id);
CREATE TABLE hit (
  answer INTEGER NOT NULL REFERENCES answer,
  pmid INTEGER NOT NULL,
  PRIMARY KEY (answer, pmid)
) STRICT, WITHOUT ROWID;
CREATE INDEX hit_of_pmid ON hit (pmid);

-- PMIDs that a run must fetch, and what became of each.
CREATE TABLE wanted (
  run INTEGER NOT NULL REFERENCES run,
  pmid INTEGER NOT NULL,
  why TEXT NOT NULL,
  page INTEGER REFERENCES page,            -- moves, once
  outcome TEXT CHECK (outcome IN ('new', 'changed', 'same', 'missing', 'damaged')),  -- moves, once
  PRIMARY KEY (run, pmid),
  CHECK ((page IS NULL) = (outcome IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX wanted_pending ON wanted (pmid) WHERE page IS NULL;
CREATE INDEX wanted_of_page ON wanted (page) WHERE page IS NOT NULL;

-- A file that somebody imported.
CREATE TABLE file (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,                      -- without its folder
  sha256 TEXT NOT NULL UNIQUE,
  size INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('xml', 'nbib', 'ris')),
  started TEXT NOT NULL,
  finished TEXT                            -- moves
) STRICT;

-- One answered batch, written in one transaction with everything it brought.
CREATE TABLE page (
  id INTEGER PRIMARY KEY,
  run INTEGER REFERENCES run,
  file INTEGER REFERENCES file,
  number INTEGER NOT NULL,
  digest TEXT NOT NULL,
  asked TEXT NOT NULL,                     -- JSON
  at TEXT NOT NULL,
  new INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  kept INTEGER NOT NULL,
  same INTEGER NOT NULL,
  UNIQUE (run, digest),
  UNIQUE (run, number),
  UNIQUE (file, digest),
  UNIQUE (file, number),
  CHECK ((run IS NULL) <> (file IS NULL))
) STRICT;
CREATE TABLE body (
  page INTEGER PRIMARY KEY REFERENCES page,
  data BLOB NOT NULL                       -- as received, xz
) STRICT;

-- Every content that a citation was ever seen with.
CREATE TABLE content (
  id INTEGER PRIMARY KEY,
  pmid INTEGER NOT NULL,
  digest BLOB NOT NULL,                    -- SHA-256 of the JSON
  payload BLOB NOT NULL,                   -- the JSON, zlib
  UNIQUE (pmid, digest)
) STRICT;
CREATE TABLE seen (
  content INTEGER NOT NULL REFERENCES content,
  page INTEGER NOT NULL REFERENCES page,
  PRIMARY KEY (content, page)
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_in_page ON seen (page);

-- Which content was in force since which page; the last row of a PMID is in force now.
CREATE TABLE history (
  id INTEGER PRIMARY KEY,
  pmid INTEGER NOT NULL,
  content INTEGER NOT NULL REFERENCES content,
  page INTEGER NOT NULL REFERENCES page
) STRICT;
CREATE INDEX history_of_pmid ON history (pmid, id);
CREATE INDEX history_of_page ON history (page);

-- PMIDs that PubMed deleted or merged into others.
CREATE TABLE removal (
  id INTEGER PRIMARY KEY,
  pmid INTEGER NOT NULL,
  target INTEGER,                          -- PMID that it was merged into
  reason TEXT NOT NULL,
  page INTEGER NOT NULL REFERENCES page
) STRICT;
CREATE INDEX removal_of_pmid ON removal (pmid, id);
CREATE INDEX removal_of_page ON removal (page);

-- The present state of each PMID; every column but the first moves.
CREATE TABLE citation (
  pmid INTEGER PRIMARY KEY,
  content INTEGER NOT NULL REFERENCES content,
  origin INTEGER NOT NULL,                 -- where the content in force comes from
  removal INTEGER REFERENCES removal
) STRICT;
CREATE INDEX citation_of_content ON citation (content);
CREATE INDEX citation_removed ON citation (removal) WHERE removal IS NOT NULL;

-- Articles that could not be read.
CREATE TABLE problem (
  id INTEGER PRIMARY KEY,
  page INTEGER NOT NULL REFERENCES page,
  place TEXT NOT NULL,
  pmid TEXT,                               -- as given, which may be what is wrong
  what TEXT NOT NULL
) STRICT;
CREATE INDEX problem_of_page ON problem (page);

-- Full text of the contents in force. The index keeps no text: the view unpacks it when asked, which
-- halves the file. citation_part is a function of this package; other programs can read every table
-- and need it for this view only.
CREATE VIEW searchable AS
  SELECT citation.pmid AS pmid,
    citation_part(payload, 'title') AS title,
    citation_part(payload, 'abstract') AS abstract,
    citation_part(payload, 'keywords') AS keywords,
    citation_part(payload, 'mesh') AS mesh,
    citation_part(payload, 'authors') AS authors
  FROM citation JOIN content ON content.id = citation.content;
CREATE VIRTUAL TABLE fulltext USING fts5 (
  title, abstract, keywords, mesh, authors,
  content = 'searchable', content_rowid = 'pmid',
  tokenize = 'porter unicode61 remove_diacritics 2'
);
-- A word in the title weighs more than one in the abstract.
INSERT INTO fulltext (fulltext, rank) VALUES ('rank', 'bm25(8.0, 1.0, 4.0, 4.0, 2.0)');
