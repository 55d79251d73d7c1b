"""What another database spent and gave up, joined to this one's record.

By the same rules as `imgai.store.joining`, whose temporary tables are used here.
"""

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
