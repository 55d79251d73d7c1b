"""The second layout: what many rows repeated is kept once, and views have the names.

A picture with 20 detections and 768 dimensions took 7.5 KB, more than half of it
names of models, prompts, hashes and UUIDs that other rows had, too. They now have
tables of their own (`model`, `shared_text`), and `answer`, `analysis`, `attempt` and
`attempt_picture` refer to them by number. Whoever reads the database sees the same
tables as before, `prediction`, `image_ai`, `call` and `call_picture`: they are views.

Like a migration, never changed once released.
"""

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType

from imgai.store.codec import stamp_to_ms, to_json

TABLES = """
CREATE TABLE model (
    id INTEGER PRIMARY KEY,
    task TEXT NOT NULL,
    model TEXT NOT NULL,
    backend TEXT NOT NULL,
    UNIQUE (task, model)
) STRICT;

CREATE TABLE shared_text (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE answer (
    id INTEGER PRIMARY KEY,
    picture_id INTEGER NOT NULL REFERENCES picture(id),
    model INTEGER NOT NULL REFERENCES model(id),
    params INTEGER NOT NULL REFERENCES shared_text(id), -- but for the text's hash
    text_sha256 TEXT, -- of the embedded text: its first 16 digits
    result_json TEXT,
    neurons REAL NOT NULL,
    neurons_measured INTEGER NOT NULL,
    processing_time_ms INTEGER NOT NULL,
    predicted_ms INTEGER NOT NULL, -- since 1970, UTC; so are started_, finished_ms
    UNIQUE (picture_id, model)
) STRICT;

CREATE TABLE analysis (
    id INTEGER PRIMARY KEY REFERENCES picture(id),
    label_scores_json TEXT NOT NULL, -- best first
    caption TEXT,
    caption_source TEXT,
    nsfw_score REAL,
    models INTEGER NOT NULL REFERENCES shared_text(id),
    processing_time_ms INTEGER NOT NULL,
    analyzed_at TEXT
) STRICT;

CREATE TABLE attempt (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    run INTEGER REFERENCES shared_text(id), -- its UUID; NULL: of no run
    model INTEGER NOT NULL REFERENCES model(id),
    started_ms INTEGER NOT NULL,
    finished_ms INTEGER,
    outcome TEXT,
    neurons REAL,
    neurons_measured INTEGER,
    neurons_reserved REAL
) STRICT;
CREATE INDEX attempt_started ON attempt(started_ms);

CREATE TABLE attempt_picture (
    attempt INTEGER NOT NULL REFERENCES attempt(number),
    position INTEGER NOT NULL, -- in the request, from 0
    picture_id INTEGER REFERENCES picture(id),
    picture_hash TEXT, -- of a picture that is not in `picture` (any more)
    PRIMARY KEY (attempt, position)
) STRICT, WITHOUT ROWID;
"""

# From the tables of the first layout, with the functions of `FUNCTIONS`. The views may
# have been dropped by whoever had others in mind.
FILL = """
INSERT INTO model (task, model, backend)
SELECT task, model, min(backend) FROM prediction GROUP BY task, model ORDER BY min(id);

INSERT OR IGNORE INTO model (task, model, backend)
SELECT DISTINCT task, model, 'workers-ai' FROM call;

INSERT INTO shared_text (text)
SELECT json_remove(params_json, '$.text_sha256') FROM prediction
UNION SELECT model_version FROM image_ai
UNION SELECT run FROM call WHERE run != '';

INSERT INTO answer
SELECT prediction.id, picture_id, model.id, shared_text.id,
    json_extract(params_json, '$.text_sha256'),
    iif(prediction.task = 'labels', compact_labels(result_json), result_json),
    neurons, neurons_measured, processing_time_ms, ms_of(predicted_at)
FROM prediction
JOIN model USING (task, model)
JOIN shared_text ON shared_text.text = json_remove(params_json, '$.text_sha256')
ORDER BY prediction.id;

INSERT INTO analysis
SELECT image_ai.id, label_scores_json, caption, caption_source, nsfw_score,
    shared_text.id, processing_time_ms, analyzed_at
FROM image_ai JOIN shared_text ON shared_text.text = model_version
ORDER BY image_ai.id;

INSERT INTO attempt (id, run, model, started_ms, finished_ms, outcome, neurons,
                     neurons_measured, neurons_reserved)
SELECT call.id, shared_text.id, model.id, ms_of(started_at), ms_of(finished_at),
    outcome, neurons, neurons_measured, neurons_reserved
FROM call JOIN model USING (task, model)
LEFT JOIN shared_text ON shared_text.text = nullif(run, '')
ORDER BY started_at;

INSERT INTO attempt_picture
SELECT attempt.number,
    row_number() OVER (PARTITION BY call ORDER BY asked.picture_hash) - 1,
    picture.id, iif(picture.id IS NULL, asked.picture_hash, NULL)
FROM call_picture AS asked JOIN attempt ON attempt.id = call
LEFT JOIN picture ON picture.picture_hash = asked.picture_hash
ORDER BY attempt.number;

DROP VIEW IF EXISTS photos;
DROP VIEW IF EXISTS labels;
DROP VIEW IF EXISTS spend_by_day;
DROP TABLE call_picture;
DROP TABLE call;
DROP TABLE image_ai;
DROP TABLE prediction;
"""

VIEWS = """
CREATE VIEW prediction AS
SELECT answer.id, picture_id, picture_hash, model.task, model.backend, model.model,
    iif(text_sha256 IS NULL, params.text,
        json_set(params.text, '$.text_sha256', text_sha256)) AS params_json,
    result_json, neurons, neurons_measured, processing_time_ms,
    strftime('%Y-%m-%dT%H:%M:%S', predicted_ms / 1000, 'unixepoch')
        || printf('.%03dZ', predicted_ms % 1000) AS predicted_at
FROM answer
JOIN picture ON picture.id = answer.picture_id
JOIN model ON model.id = answer.model
JOIN shared_text AS params ON params.id = answer.params;

CREATE TRIGGER prediction_delete INSTEAD OF DELETE ON prediction
BEGIN DELETE FROM answer WHERE id = OLD.id; END;

CREATE VIEW image_ai AS
SELECT picture.id, picture_hash,
    (SELECT json_group_array(key) FROM json_each(label_scores_json)) AS labels_json,
    label_scores_json, caption, caption_source, colours_json, nsfw_score,
    models.text AS model_version, processing_time_ms, analyzed_at
FROM analysis
JOIN picture ON picture.id = analysis.id
JOIN shared_text AS models ON models.id = analysis.models;

CREATE VIEW call AS
SELECT attempt.id, ifnull(run.text, '') AS run, model.task, model.model,
    strftime('%Y-%m-%dT%H:%M:%S', started_ms / 1000, 'unixepoch')
        || printf('.%03dZ', started_ms % 1000) AS started_at,
    strftime('%Y-%m-%dT%H:%M:%S', finished_ms / 1000, 'unixepoch')
        || printf('.%03dZ', finished_ms % 1000) AS finished_at,
    outcome, neurons, neurons_measured, neurons_reserved
FROM attempt
JOIN model ON model.id = attempt.model
LEFT JOIN shared_text AS run ON run.id = attempt.run;

CREATE VIEW call_picture AS
SELECT attempt.id AS call,
    ifnull(attempt_picture.picture_hash, picture.picture_hash) AS picture_hash
FROM attempt_picture
JOIN attempt ON attempt.number = attempt_picture.attempt
LEFT JOIN picture ON picture.id = attempt_picture.picture_id;

CREATE VIEW photos AS
SELECT picture.id AS rowid, image.uri, thumbnail.jpeg AS thumbnail, analysis.caption,
    (SELECT group_concat(key, ', ') FROM json_each(label_scores_json)) AS labels,
    (SELECT group_concat(json_extract(value, '$.name'), ', ')
     FROM json_each(picture.colours_json)) AS colours,
    image.title, image.description,
    (SELECT group_concat(value, ', ') FROM json_each(image.keywords_json)) AS keywords,
    image.taken_at, image.format, picture.width_px, picture.height_px,
    image.size_bytes, analysis.nsfw_score, models.text AS model_version,
    analysis.analyzed_at, picture.picture_hash
FROM image
JOIN picture ON picture.id = image.picture_id
LEFT JOIN analysis ON analysis.id = picture.id
LEFT JOIN shared_text AS models ON models.id = analysis.models
LEFT JOIN thumbnail ON thumbnail.id = picture.id
WHERE image.gone_at IS NULL;

CREATE VIEW labels AS
SELECT found.key AS label, CAST(found.value AS REAL) AS score, image.uri,
    analysis.caption, image.picture_hash
FROM analysis
JOIN json_each(analysis.label_scores_json) AS found
JOIN image ON image.picture_id = analysis.id AND image.gone_at IS NULL;

CREATE VIEW spend_by_day AS
SELECT day, model, CAST(count(*) AS INTEGER) AS calls,
    CAST(total(neurons) AS REAL) AS neurons,
    CAST(total(neurons) * 0.000011 AS REAL) AS dollars, -- November 2026
    CAST(sum(perhaps_billed) AS INTEGER) AS perhaps_billed
FROM (
    SELECT substr(started_at, 1, 10) AS day, model,
        ifnull(neurons, neurons_reserved) AS neurons,
        ifnull(outcome, 'perhaps-billed') = 'perhaps-billed' AS perhaps_billed
    FROM call
    UNION ALL
    SELECT substr(asked_at, 1, 10), vector_space.model, neurons, 0
    FROM query_embedding JOIN vector_space ON vector_space.id = query_embedding.space
    WHERE neurons > 0
)
GROUP BY day, model;
"""


def ms_of(stamp: str | None) -> int | None:
    """Return a time of the first layout as milliseconds since 1970."""
    return None if stamp is None else stamp_to_ms(stamp)


def compact_labels(result_json: str | None) -> str | None:
    """Return the labels of the first layout as those of the second.

    Before, a list of [label, score, [x_min, y_min, x_max, y_max] or null]; since, as
    `imgai.store.codec.encode_answer` says.
    """
    if result_json is None:
        return None
    by_label: dict[str, list[list[int]]] = {}
    for label, score, edges in json.loads(result_json):
        numbers = [
            round(score * 10_000),
            *(round(edge * 1_000) for edge in edges or ()),
        ]
        by_label.setdefault(label, []).append(numbers)
    return to_json(by_label)


FUNCTIONS: Mapping[str, Callable[[str | None], str | int | None]] = MappingProxyType(
    {"ms_of": ms_of, "compact_labels": compact_labels}
)
