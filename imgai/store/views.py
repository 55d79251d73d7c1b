"""The views of the first release: the database as people look at it in Datasette.

Like a migration, never changed once released: a later one drops and makes them anew.
`photos` calls the picture's id `rowid`, which is the name by which Datasette joins a
table with its full-text index; see `image_fts` in `migrations.py`. What is computed is
cast to a type, or its filters would compare it with text.
"""

VIEWS = """
CREATE VIEW photos AS
SELECT picture.id AS rowid, image.uri, thumbnail.jpeg AS thumbnail, image_ai.caption,
    (SELECT group_concat(value, ', ')
     FROM json_each(image_ai.labels_json)) AS labels,
    (SELECT group_concat(json_extract(value, '$.name'), ', ')
     FROM json_each(picture.colours_json)) AS colours,
    image.title, image.description,
    (SELECT group_concat(value, ', ') FROM json_each(image.keywords_json)) AS keywords,
    image.taken_at, image.format, picture.width_px, picture.height_px,
    image.size_bytes, image_ai.nsfw_score, image_ai.model_version,
    image_ai.analyzed_at, picture.picture_hash
FROM image
JOIN picture ON picture.id = image.picture_id
LEFT JOIN image_ai ON image_ai.id = picture.id
LEFT JOIN thumbnail ON thumbnail.id = picture.id
WHERE image.gone_at IS NULL;

CREATE VIEW labels AS
SELECT found.key AS label, CAST(found.value AS REAL) AS score, image.uri,
    image_ai.caption, image_ai.picture_hash
FROM image_ai
JOIN json_each(image_ai.label_scores_json) AS found
JOIN image ON image.picture_id = image_ai.id AND image.gone_at IS NULL;

CREATE VIEW spend_by_day AS
SELECT day, model, CAST(sum(is_call) AS INTEGER) AS calls,
    CAST(total(neurons) AS REAL) AS neurons,
    CAST(total(neurons) * 0.000011 AS REAL) AS dollars, -- November 2026
    CAST(sum(perhaps_billed) AS INTEGER) AS perhaps_billed
FROM (
    SELECT substr(started_at, 1, 10) AS day, model, 1 AS is_call,
        ifnull(neurons, neurons_reserved) AS neurons,
        ifnull(outcome, 'perhaps-billed') = 'perhaps-billed' AS perhaps_billed
    FROM call
    UNION ALL
    SELECT substr(asked_at, 1, 10), vector_space.model, neurons > 0, neurons, 0
    FROM query_embedding JOIN vector_space ON vector_space.id = query_embedding.space
)
GROUP BY day, model;
"""
