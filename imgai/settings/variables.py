"""Every environment variable that imgai reads, as README and `doctor` show them."""

from dataclasses import dataclass

from imgai.settings.values import DEFAULT_API_URL


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable, for the README and `imgai doctor`."""

    name: str
    default: str
    meaning: str
    aliases: tuple[str, ...] = ()
    is_secret: bool = False


VARIABLES: tuple[Variable, ...] = (
    Variable("ENABLE_AI_CLASSIFICATION", "true", "`false`: classify does nothing"),
    Variable("ENABLE_AI_CAPTIONS", "true", "ask the captioning model"),
    Variable("ENABLE_VECTORIZE", "true", "make embeddings"),
    Variable(
        "ENABLE_AI_NSFW_DETECTION",
        "false",
        "score each picture with the local NSFW model (`imgai[local]`)",
    ),
    Variable(
        "AI_IMAGE_DOWNSCALE_WIDTH", "384", "px; never upscaled; height at most 4 × that"
    ),
    Variable("AI_MAX_LABELS", "10", "distinct labels kept per picture, best first"),
    Variable("AI_MIN_CLASSIFICATION_SCORE", "0.1", "0 to 1"),
    Variable("AI_PROCESSING_TIMEOUT_MS", "30000", "deadline of one model call, whole"),
    Variable("AI_BATCH_SIZE", "16", "images in flight, like `--workers`"),
    Variable("AI_REANALYSIS_COOLDOWN_DAYS", "28", "0 switches it off"),
    Variable("AI_LABEL_MODEL", "auto", "a model's name, or the first living one"),
    Variable("AI_CAPTION_MODEL", "auto", "the same for captions"),
    Variable("AI_EMBEDDING_MODEL", "auto", "the same for embeddings"),
    Variable(
        "AI_REQUESTS_PER_MINUTE",
        "per model",
        "the account's limit where it differs: `720`, or `MODEL=720,…`; with `--shard`"
        " what the shard may ask",
    ),
    Variable("CLOUDFLARE_ACCOUNT_ID", "–", "32 hexadecimal digits", ("CF_ACCOUNT_ID",)),
    Variable(
        "CLOUDFLARE_API_TOKEN",
        "–",
        "with the Workers AI permission",
        ("CF_API_TOKEN",),
        is_secret=True,
    ),
    Variable(
        "CLOUDFLARE_API_BASE_URL",
        DEFAULT_API_URL,
        "where the API is",
        ("CLOUDFLARE_BASE_URL",),
    ),
    Variable("CLOUDFLARE_AI_GATEWAY", "–", "route model calls through this AI Gateway"),
    Variable(
        "CLOUDFLARE_AI_GATEWAY_KEEPS_IMAGES",
        "false",
        "whether the gateway's log may keep what is sent: your pictures",
    ),
    Variable(
        "R2_ACCESS_KEY_ID",
        "from the API token",
        "R2's S3 key",
        ("AWS_ACCESS_KEY_ID",),
    ),
    Variable(
        "R2_SECRET_ACCESS_KEY",
        "from the API token",
        "R2's S3 secret",
        ("AWS_SECRET_ACCESS_KEY",),
        is_secret=True,
    ),
    Variable(
        "R2_SESSION_TOKEN",
        "–",
        "of temporary R2 credentials",
        ("AWS_SESSION_TOKEN",),
        is_secret=True,
    ),
    Variable("R2_ENDPOINT_URL", "from the account id", "any S3-compatible store"),
    Variable("R2_JURISDICTION", "–", "`eu` or `fedramp`"),
    Variable("IMGAI_DB", "`imgai.db` in the user's data folder", "like `--db`"),
    Variable(
        "IMGAI_DAILY_BUDGET",
        "–",
        "dollars, or neurons as `8000n`, a UTC day, all runs on this database together;"
        " with `--shard I/N` an Nth of it",
    ),
)
