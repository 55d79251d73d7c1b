"""The tables, one migration after the other. Never change one that was released.

Times are UTC ISO 8601. Runs, calls and failures have UUIDs, so that merging two
databases twice changes nothing. `picture.id` is the key inside one file;
`picture_hash` stands beside it wherever rows travel between files or are read by
people. Why each table is there: `README.md`, "The database".
"""

from sqlite_utils import Database, Migrations

from imgai.store import compact
from imgai.store.views import VIEWS

MIGRATIONS = Migrations("imgai")

_TABLES = """
CREATE TABLE picture (
    id INTEGER PRIMARY KEY,
    picture_hash TEXT NOT NULL UNIQUE,
    width_px INTEGER NOT NULL,
    height_px INTEGER NOT NULL,
    perceptual_hash TEXT NOT NULL,
    colours_json TEXT NOT NULL,
    truncated INTEGER NOT NULL DEFAULT 0,
    answered INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE image (
    id INTEGER PRIMARY KEY,
    uri TEXT NOT NULL UNIQUE,
    picture_id INTEGER REFERENCES picture(id),
    picture_hash TEXT,
    file_hash TEXT,
    size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER,
    etag TEXT,
    format TEXT,
    taken_at TEXT,
    keywords_json TEXT,
    title TEXT,
    description TEXT,
    first_seen_at TEXT NOT NULL,
    gone_at TEXT
) STRICT;
CREATE INDEX image_picture ON image(picture_id, gone_at);

CREATE TABLE prediction (
    id INTEGER PRIMARY KEY,
    picture_id INTEGER NOT NULL REFERENCES picture(id),
    picture_hash TEXT NOT NULL,
    task TEXT NOT NULL,
    backend TEXT NOT NULL,
    model TEXT NOT NULL,
    params_json TEXT NOT NULL,
    result_json TEXT,
    neurons REAL NOT NULL,
    neurons_measured INTEGER NOT NULL,
    processing_time_ms INTEGER NOT NULL,
    predicted_at TEXT NOT NULL,
    UNIQUE (picture_id, task, model)
) STRICT;

CREATE TABLE image_ai (
    id INTEGER PRIMARY KEY REFERENCES picture(id),
    picture_hash TEXT NOT NULL,
    labels_json TEXT NOT NULL,
    label_scores_json TEXT NOT NULL,
    caption TEXT,
    caption_source TEXT,
    colours_json TEXT NOT NULL,
    nsfw_score REAL,
    model_version TEXT NOT NULL,
    processing_time_ms INTEGER NOT NULL,
    analyzed_at TEXT
) STRICT;

CREATE VIRTUAL TABLE image_fts USING fts5 -- for Datasette: content="photos"
(
    labels, caption, colours, names, own_words,
    tokenize = 'porter unicode61 remove_diacritics 2'
);

CREATE TABLE vector_space (
    id INTEGER PRIMARY KEY,
    model TEXT NOT NULL,
    pooling TEXT NOT NULL,
    dims INTEGER NOT NULL,
    backend TEXT NOT NULL,
    mean BLOB,
    UNIQUE (model, pooling, dims)
) STRICT;

CREATE TABLE embedding (
    slot INTEGER PRIMARY KEY AUTOINCREMENT,
    picture_id INTEGER NOT NULL REFERENCES picture(id),
    space INTEGER NOT NULL REFERENCES vector_space(id),
    picture_hash TEXT NOT NULL,
    vector BLOB NOT NULL,
    UNIQUE (space, picture_id)
) STRICT;

CREATE TABLE vector_code (
    slot INTEGER PRIMARY KEY,
    space INTEGER NOT NULL REFERENCES vector_space(id),
    code BLOB NOT NULL
) STRICT;

CREATE TABLE vector_plane (
    space INTEGER NOT NULL REFERENCES vector_space(id),
    dim INTEGER NOT NULL,
    block INTEGER NOT NULL,
    bits BLOB NOT NULL,
    PRIMARY KEY (space, dim, block)
) STRICT, WITHOUT ROWID;

CREATE TABLE query_embedding (
    query TEXT NOT NULL,
    space INTEGER NOT NULL REFERENCES vector_space(id),
    vector BLOB NOT NULL,
    neurons REAL NOT NULL DEFAULT 0,
    asked_at TEXT NOT NULL,
    PRIMARY KEY (query, space)
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
    id TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    backend TEXT NOT NULL,
    options_json TEXT NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    exit_code INTEGER,
    fresh_since TEXT,
    seen INTEGER, known INTEGER, analysed INTEGER,
    skipped INTEGER, failed INTEGER, pending INTEGER,
    calls INTEGER, retries INTEGER, perhaps_billed INTEGER,
    neurons REAL, neurons_estimated REAL, dollars REAL
) STRICT;

CREATE TABLE call (
    id TEXT PRIMARY KEY,
    run TEXT NOT NULL,
    task TEXT NOT NULL,
    model TEXT NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    outcome TEXT,
    neurons REAL,
    neurons_measured INTEGER,
    neurons_reserved REAL
) STRICT, WITHOUT ROWID;
CREATE INDEX call_started ON call(started_at);

CREATE TABLE call_picture (
    call TEXT NOT NULL REFERENCES call(id),
    picture_hash TEXT NOT NULL,
    PRIMARY KEY (call, picture_hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE failure (
    id TEXT PRIMARY KEY,
    run TEXT NOT NULL,
    uri TEXT NOT NULL,
    picture_hash TEXT,
    task TEXT,
    model TEXT,
    error TEXT NOT NULL,
    message TEXT NOT NULL,
    permanent INTEGER NOT NULL,
    skipped INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL,
    size_bytes INTEGER,
    mtime_ns INTEGER,
    etag TEXT,
    file_hash TEXT,
    failed_at TEXT NOT NULL,
    resolved_at TEXT
) STRICT;
CREATE UNIQUE INDEX failure_open ON failure(uri, ifnull(task, ''))
    WHERE resolved_at IS NULL;
CREATE INDEX failure_picture ON failure(picture_hash) WHERE resolved_at IS NULL;

CREATE TABLE sidecar (
    id INTEGER PRIMARY KEY,
    uri TEXT NOT NULL UNIQUE,
    image_uri TEXT NOT NULL,
    before_zlib BLOB,
    after_hash TEXT NOT NULL,
    written_at TEXT NOT NULL
) STRICT;

CREATE TABLE thumbnail (
    id INTEGER PRIMARY KEY REFERENCES picture(id),
    jpeg BLOB NOT NULL
) STRICT;
"""


_ABOUT_SPACES = """
CREATE TABLE relevance_floor (
    space INTEGER PRIMARY KEY REFERENCES vector_space(id),
    least REAL NOT NULL, -- cosine similarities, -1 to 1
    below_best REAL NOT NULL,
    between_pictures REAL NOT NULL,
    precision REAL NOT NULL,
    recall REAL NOT NULL,
    measured_at TEXT NOT NULL
) STRICT;
ALTER TABLE vector_space ADD COLUMN retired_at TEXT; -- its model is gone since
"""


def _run_script(db: Database, script: str) -> None:
    """Run statements inside the open transaction, which executescript would end."""
    for statement in script.split(";\n"):
        if statement.strip():
            db.execute(statement)


@MIGRATIONS()
def m001_tables(db: Database) -> None:
    """Make the tables of the first release."""
    _run_script(db, _TABLES)
    _run_script(db, VIEWS)


@MIGRATIONS()
def m002_compact(db: Database) -> None:
    """Keep once what rows repeat; the tables' names become views."""
    for name, function in compact.FUNCTIONS.items():
        db.register_function(function, deterministic=True, name=name)
    _run_script(db, compact.TABLES)
    _run_script(db, compact.FILL)
    _run_script(db, compact.VIEWS)


@MIGRATIONS()
def m003_about_spaces(db: Database) -> None:
    """Have room for what is measured of a space's model, and for when it is gone."""
    _run_script(db, _ABOUT_SPACES)
