"""The rows of another database joined to those of this one, table by table.

The other database is attached as `other`; this one is `main`. Keys that hold only
within one file are translated by temporary tables: `place` for images, `twin` for
pictures, `same_space`, `same_model` and `same_text` for what they are called after.
Every statement, run a second time, leaves
things as they are.
"""

# What is made once for a connection.
TEMPORARY = (
    "CREATE TEMP TABLE place (id INTEGER PRIMARY KEY, uri TEXT, seen_at TEXT)",
    "CREATE INDEX temp.place_uri ON place(uri)",
    "CREATE TEMP TABLE twin (other_id INTEGER PRIMARY KEY, id INTEGER)",
    "CREATE TEMP TABLE same_space (other_id INTEGER PRIMARY KEY, id INTEGER)",
    "CREATE TEMP TABLE same_model (other_id INTEGER PRIMARY KEY, id INTEGER)",
    "CREATE TEMP TABLE same_text (other_id INTEGER PRIMARY KEY, id INTEGER)",
    "CREATE TEMP TABLE new_attempt (other_number INTEGER PRIMARY KEY)",
    "CREATE TEMP TABLE due (slot INTEGER PRIMARY KEY)",
    "CREATE TEMP TABLE touched (id INTEGER PRIMARY KEY)",
)

KEYS = (
    "DELETE FROM temp.place",
    """
INSERT INTO temp.place
SELECT id, moved(uri), seen_there(uri, first_seen_at, gone_at) FROM other.image
""",
    """
INSERT INTO main.picture (picture_hash, width_px, height_px, perceptual_hash,
                          colours_json, truncated, answered)
SELECT picture_hash, width_px, height_px, perceptual_hash, colours_json, truncated,
       answered
FROM other.picture WHERE true ORDER BY id
ON CONFLICT (picture_hash) DO UPDATE SET answered = answered | excluded.answered
WHERE answered | excluded.answered != answered
""",
    "DELETE FROM temp.twin",
    """
INSERT INTO temp.twin SELECT theirs.id, ours.id
FROM other.picture AS theirs JOIN main.picture AS ours USING (picture_hash)
""",
    """
INSERT OR IGNORE INTO main.vector_space (model, pooling, dims, backend)
SELECT model, pooling, dims, backend FROM other.vector_space ORDER BY id
""",
    "DELETE FROM temp.same_space",
    """
INSERT INTO temp.same_space SELECT theirs.id, ours.id
FROM other.vector_space AS theirs
JOIN main.vector_space AS ours USING (model, pooling, dims)
""",
    """
INSERT OR IGNORE INTO main.model (task, model, backend)
SELECT task, model, backend FROM other.model ORDER BY id
""",
    "DELETE FROM temp.same_model",
    """
INSERT INTO temp.same_model SELECT theirs.id, ours.id
FROM other.model AS theirs JOIN main.model AS ours USING (task, model)
""",
    """
INSERT OR IGNORE INTO main.shared_text (text)
SELECT text FROM other.shared_text ORDER BY id
""",
    "DELETE FROM temp.same_text",
    """
INSERT INTO temp.same_text SELECT theirs.id, ours.id
FROM other.shared_text AS theirs JOIN main.shared_text AS ours USING (text)
""",
)

_IS_ALIKE = """
(ours.picture_hash, ours.gone_at, ours.keywords_json, ours.title, ours.description)
IS (theirs.picture_hash, theirs.gone_at, theirs.keywords_json, theirs.title,
    theirs.description)
"""

# Noted before it is changed: the pictures of which something is to be derived anew,
# and the vectors that come with an answer newer than ours.
NOTES = (
    """
INSERT OR IGNORE INTO temp.touched SELECT twin.id
FROM other.answer AS theirs JOIN temp.twin ON twin.other_id = theirs.picture_id
JOIN temp.same_model ON same_model.other_id = theirs.model
LEFT JOIN main.answer AS ours
    ON (ours.picture_id, ours.model) = (twin.id, same_model.id)
WHERE ours.id IS NULL OR ours.predicted_ms < theirs.predicted_ms
""",
    f"""
INSERT OR IGNORE INTO temp.touched SELECT twin.id
FROM other.image AS theirs JOIN temp.place ON place.id = theirs.id
JOIN temp.twin ON twin.other_id = theirs.picture_id
LEFT JOIN main.image AS ours ON ours.uri = place.uri
WHERE ours.id IS NULL OR NOT {_IS_ALIKE}
""",  # noqa: S608  built from constants
    f"""
INSERT OR IGNORE INTO temp.touched SELECT ours.picture_id
FROM other.image AS theirs JOIN temp.place ON place.id = theirs.id
JOIN main.image AS ours ON ours.uri = place.uri
WHERE ours.picture_id IS NOT NULL AND NOT {_IS_ALIKE}
""",  # noqa: S608  likewise
    "DELETE FROM temp.due",
    """
INSERT INTO temp.due SELECT theirs.slot
FROM other.embedding AS theirs
JOIN other.vector_space AS there ON there.id = theirs.space
JOIN temp.twin ON twin.other_id = theirs.picture_id
JOIN other.model ON model.task = 'embedding' AND model.backend = there.backend
    -- the local space is called after its text model alone
    AND (model.model = there.model OR there.backend = 'local')
JOIN other.answer ON (answer.picture_id, answer.model) = (theirs.picture_id, model.id)
JOIN temp.same_model ON same_model.other_id = model.id
LEFT JOIN main.answer AS ours
    ON (ours.picture_id, ours.model) = (twin.id, same_model.id)
WHERE ours.id IS NULL OR ours.predicted_ms < answer.predicted_ms
""",
)

# In the order of their slots, so that a library is laid out as it was taken.
DUE_VECTORS = """
SELECT twin.id, theirs.picture_hash, same_space.id, theirs.vector
FROM temp.due JOIN other.embedding AS theirs USING (slot)
JOIN temp.twin ON twin.other_id = theirs.picture_id
JOIN temp.same_space ON same_space.other_id = theirs.space
ORDER BY theirs.slot
"""

# Whoever saw an image last knows how it is, or that it is gone.
IMAGES = (
    """
INSERT INTO main.image (uri, picture_id, picture_hash, file_hash, size_bytes, mtime_ns,
                        etag, format, taken_at, keywords_json, title, description,
                        first_seen_at, gone_at)
SELECT place.uri, twin.id, picture_hash, file_hash, size_bytes, mtime_ns, etag, format,
       taken_at, keywords_json, title, description, first_seen_at, gone_at
FROM other.image AS theirs JOIN temp.place ON place.id = theirs.id
LEFT JOIN temp.twin ON twin.other_id = theirs.picture_id
WHERE true ORDER BY theirs.id
ON CONFLICT (uri) DO UPDATE SET
    picture_id = excluded.picture_id, picture_hash = excluded.picture_hash,
    file_hash = excluded.file_hash, size_bytes = excluded.size_bytes,
    mtime_ns = excluded.mtime_ns, etag = excluded.etag, format = excluded.format,
    taken_at = excluded.taken_at, keywords_json = excluded.keywords_json,
    title = excluded.title, description = excluded.description,
    gone_at = excluded.gone_at
WHERE (SELECT max(seen_at) FROM temp.place WHERE place.uri = excluded.uri)
    > seen_here(image.uri, image.first_seen_at, image.gone_at)
""",
    """
UPDATE main.image SET first_seen_at = theirs.first_seen_at
FROM other.image AS theirs JOIN temp.place ON place.id = theirs.id
WHERE image.uri = place.uri AND theirs.first_seen_at < image.first_seen_at
""",
    (
        "INSERT OR IGNORE INTO main.thumbnail (id, jpeg)"
        " SELECT twin.id, jpeg FROM other.thumbnail AS theirs"
        " JOIN temp.twin ON twin.other_id = theirs.id"
    ),
    """
INSERT INTO main.sidecar (uri, image_uri, before_zlib, after_hash, written_at)
SELECT moved(uri), moved(image_uri), before_zlib, after_hash, written_at
FROM other.sidecar WHERE true
ON CONFLICT (uri) DO UPDATE SET
    image_uri = excluded.image_uri, before_zlib = excluded.before_zlib,
    after_hash = excluded.after_hash, written_at = excluded.written_at
WHERE excluded.written_at > sidecar.written_at
""",
)

ANSWERS = (
    """
INSERT INTO main.answer (picture_id, model, params, text_sha256, result_json, neurons,
                         neurons_measured, processing_time_ms, predicted_ms)
SELECT twin.id, same_model.id, same_text.id, text_sha256, result_json, neurons,
       neurons_measured, processing_time_ms, predicted_ms
FROM other.answer AS theirs JOIN temp.twin ON twin.other_id = theirs.picture_id
JOIN temp.same_model ON same_model.other_id = theirs.model
JOIN temp.same_text ON same_text.other_id = theirs.params
WHERE true ORDER BY theirs.id
ON CONFLICT (picture_id, model) DO UPDATE SET
    params = excluded.params, text_sha256 = excluded.text_sha256,
    result_json = excluded.result_json, neurons = excluded.neurons,
    neurons_measured = excluded.neurons_measured,
    processing_time_ms = excluded.processing_time_ms,
    predicted_ms = excluded.predicted_ms
WHERE excluded.predicted_ms > answer.predicted_ms
""",
)

# A run, or a call, that was still going on when it was merged is brought up to date.
# Of a call, what is known for certain counts more than a guess: that it never came
# back is guessed of those in flight when a run dies.
LEDGER = (
    """
INSERT INTO main.run SELECT * FROM other.run WHERE true
ON CONFLICT (id) DO UPDATE SET
    finished_at = excluded.finished_at, exit_code = excluded.exit_code,
    fresh_since = excluded.fresh_since, seen = excluded.seen, known = excluded.known,
    analysed = excluded.analysed, skipped = excluded.skipped, failed = excluded.failed,
    pending = excluded.pending, calls = excluded.calls, retries = excluded.retries,
    perhaps_billed = excluded.perhaps_billed, neurons = excluded.neurons,
    neurons_estimated = excluded.neurons_estimated, dollars = excluded.dollars
WHERE run.finished_at IS NULL AND excluded.finished_at IS NOT NULL
""",
    "DELETE FROM temp.new_attempt",
    """
INSERT INTO temp.new_attempt SELECT number FROM other.attempt AS theirs
WHERE NOT EXISTS (SELECT 1 FROM main.attempt AS ours WHERE ours.id = theirs.id)
""",
    """
INSERT INTO main.attempt (id, run, model, started_ms, finished_ms, outcome, neurons,
                          neurons_measured, neurons_reserved)
SELECT theirs.id, same_text.id, same_model.id, started_ms, finished_ms, outcome,
       neurons, neurons_measured, neurons_reserved
FROM other.attempt AS theirs
JOIN temp.same_model ON same_model.other_id = theirs.model
LEFT JOIN temp.same_text ON same_text.other_id = theirs.run
WHERE true ORDER BY theirs.number
ON CONFLICT (id) DO UPDATE SET
    finished_ms = excluded.finished_ms, outcome = excluded.outcome,
    neurons = excluded.neurons, neurons_measured = excluded.neurons_measured
WHERE (excluded.finished_ms IS NOT NULL, excluded.outcome IS 'perhaps-billed')
    > (attempt.finished_ms IS NOT NULL, attempt.outcome IS 'perhaps-billed')
""",
    # What a request asked about was written with it, and does not change.
    """
INSERT INTO main.attempt_picture (attempt, position, picture_id, picture_hash)
SELECT ours.number, position, twin.id, asked.picture_hash
FROM temp.new_attempt
JOIN other.attempt AS theirs ON theirs.number = new_attempt.other_number
JOIN main.attempt AS ours ON ours.id = theirs.id
JOIN other.attempt_picture AS asked ON asked.attempt = theirs.number
LEFT JOIN temp.twin ON twin.other_id = asked.picture_id
""",
)

# One query may have been paid for in both databases, and one embedding of it is kept:
# what the older cost goes on record as a call.
QUERIES = (
    """
INSERT OR IGNORE INTO main.model (task, model, backend)
SELECT 'embedding', model, backend FROM main.vector_space WHERE backend = 'workers-ai'
""",
    """
INSERT OR IGNORE INTO main.attempt (id, model, started_ms, finished_ms, outcome,
                                    neurons, neurons_measured)
SELECT query_call(query, asked.model, asked_at),
       (SELECT model.id FROM main.model
        WHERE (model.task, model.model) = ('embedding', asked.model)),
       ms_of(asked_at), ms_of(asked_at), 'answered', neurons, 0
FROM (SELECT theirs.query, vector_space.model,
             min(ours.asked_at, theirs.asked_at) AS asked_at,
             iif(ours.asked_at < theirs.asked_at, ours.neurons, theirs.neurons)
                 AS neurons
      FROM other.query_embedding AS theirs
      JOIN temp.same_space ON same_space.other_id = theirs.space
      JOIN main.vector_space ON vector_space.id = same_space.id
      JOIN main.query_embedding AS ours
          ON (ours.query, ours.space) = (theirs.query, same_space.id)
      WHERE ours.asked_at != theirs.asked_at) AS asked
WHERE neurons > 0
""",
    """
INSERT INTO main.query_embedding (query, space, vector, neurons, asked_at)
SELECT query, same_space.id, vector, neurons, asked_at
FROM other.query_embedding AS theirs
JOIN temp.same_space ON same_space.other_id = theirs.space
WHERE true
ON CONFLICT (query, space) DO UPDATE SET
    vector = excluded.vector, neurons = excluded.neurons, asked_at = excluded.asked_at
WHERE excluded.asked_at > query_embedding.asked_at
""",
)

_SAME_OPEN = """
ours.resolved_at IS NULL AND ours.uri = moved(theirs.uri) AND ours.task IS theirs.task
AND ours.id != theirs.id
"""

# Of one image and task one failure is open at most: the newer one.
FAILURES = (
    f"""
UPDATE main.failure AS ours SET resolved_at = theirs.failed_at
FROM other.failure AS theirs
WHERE {_SAME_OPEN} AND theirs.resolved_at IS NULL AND theirs.failed_at > ours.failed_at
    AND theirs.id NOT IN (SELECT id FROM main.failure)
""",  # noqa: S608  built from constants
    """
UPDATE main.failure AS ours SET
    run = theirs.run, picture_hash = theirs.picture_hash, model = theirs.model,
    error = theirs.error, message = theirs.message, permanent = theirs.permanent,
    skipped = theirs.skipped, attempts = theirs.attempts,
    size_bytes = theirs.size_bytes, mtime_ns = theirs.mtime_ns, etag = theirs.etag,
    file_hash = theirs.file_hash, failed_at = theirs.failed_at,
    resolved_at = theirs.resolved_at
FROM other.failure AS theirs
WHERE ours.id = theirs.id AND ours.resolved_at IS NULL
    AND (theirs.resolved_at IS NOT NULL OR theirs.failed_at > ours.failed_at)
""",
    f"""
INSERT OR IGNORE INTO main.failure (id, run, uri, picture_hash, task, model, error,
    message, permanent, skipped, attempts, size_bytes, mtime_ns, etag, file_hash,
    failed_at, resolved_at)
SELECT id, run, moved(uri), picture_hash, task, model, error, message, permanent,
    skipped, attempts, size_bytes, mtime_ns, etag, file_hash, failed_at,
    ifnull(resolved_at,
           (SELECT ours.failed_at FROM main.failure AS ours WHERE {_SAME_OPEN}))
FROM other.failure AS theirs
""",  # noqa: S608  likewise
    # What one database gave up, another may have been answered since.
    """
UPDATE main.failure AS ours SET resolved_at = time_of(answer.predicted_ms)
FROM main.picture JOIN main.answer ON answer.picture_id = picture.id
JOIN main.model ON model.id = answer.model
WHERE ours.resolved_at IS NULL AND picture.picture_hash = ours.picture_hash
    AND model.task = ours.task AND answer.predicted_ms > ms_of(ours.failed_at)
""",
)
