"""The rows of another database joined to those of this one, table by table.

The other database is attached as `other`; this one is `main`. Keys that hold only
within one file are translated by temporary tables: `place` for images, `twin` for
pictures, `same_space`, `same_model` and `same_text` for what they are called after.
Every statement, run a second time, leaves things as they are.
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
INSERT INTO main.vector_space (model, pooling, dims, backend, retired_at)
SELECT model, pooling, dims, backend, retired_at
FROM other.vector_space WHERE true ORDER BY id
ON CONFLICT (model, pooling, dims) DO UPDATE SET retired_at = excluded.retired_at
WHERE retired_at IS NULL AND excluded.retired_at IS NOT NULL
""",
    "DELETE FROM temp.same_space",
    """
INSERT INTO temp.same_space SELECT theirs.id, ours.id
FROM other.vector_space AS theirs
JOIN main.vector_space AS ours USING (model, pooling, dims)
""",
    """
INSERT INTO main.relevance_floor
    (space, least, below_best, between_pictures, precision, recall, measured_at)
SELECT same_space.id, least, below_best, between_pictures, precision, recall,
    measured_at
FROM other.relevance_floor AS theirs
JOIN temp.same_space ON same_space.other_id = theirs.space
WHERE true
ON CONFLICT (space) DO UPDATE SET
    (least, below_best, between_pictures, precision, recall, measured_at) =
    (excluded.least, excluded.below_best, excluded.between_pictures,
     excluded.precision, excluded.recall, excluded.measured_at)
WHERE excluded.measured_at > relevance_floor.measured_at
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
