"""R2: the keys, whether they are taken, and a listing of one key."""

from contextlib import AsyncExitStack

from imgai.commands.checks.workers_ai import outcome
from imgai.commands.places import open_s3
from imgai.domain.checks import Check, Family
from imgai.errors import ImgaiError
from imgai.settings.values import DEFAULT_API_URL, Settings
from imgai.sources.location import BucketLocation

_NAME = "keys"
_ONE_BUCKET = "imgai doctor r2://BUCKET looks at one"


async def check_r2(
    settings: Settings, bucket: BucketLocation | None, patience_s: float
) -> list[Check]:
    """List one key of a bucket, as `classify r2://…` would.

    Keys that R2 refuses are a failure when a bucket is asked about, or when they were
    set for imgai; else pictures in folders may be all there is, and it is a warning.

    Args:
        settings: with or without keys.
        bucket: the one to look at; the first that may be listed if None.
        patience_s: how long it may take.
    """
    if bucket is None and not (_has_a_key(settings) or settings.cloudflare.is_complete):
        found = "no keys are set: r2:// sources cannot be read"
        return [Check.well(Family.R2, _NAME, found)]
    if bucket is None and not _has_a_key(settings) and _is_elsewhere(settings):
        found = "not looked at: CLOUDFLARE_API_BASE_URL is not Cloudflare's own"
        return [Check.well(Family.R2, _NAME, found)]
    checks = _check_pair(settings)
    said = await outcome(_look(settings, bucket), patience_s)
    if not isinstance(said, ImgaiError):
        checks.append(Check.well(Family.R2, _NAME, f"{_whose(settings)} {said}"))
    elif bucket is not None or _are_meant(settings):
        checks.append(Check.failed(Family.R2, _NAME, said))
    else:
        found = f"r2:// sources cannot be read: {said}"
        checks.append(Check.doubtful(Family.R2, _NAME, found, said.hint))
    return checks


async def _look(settings: Settings, bucket: BucketLocation | None) -> str:
    """Return what the keys may do. Raises what `classify` would end with."""
    async with AsyncExitStack() as stack:
        s3 = await open_s3(settings, stack)
        if bucket is None:
            if not await s3.may_list_buckets():
                return f"are known, and may not list buckets; {_ONE_BUCKET}"
            names = await s3.list_buckets()
            if not names:
                return "are accepted; there is no bucket yet"
            bucket = BucketLocation(names[0])
        page = await s3.list_page(bucket.bucket, bucket.prefix, at_most=1)
    held = "something is there" if page.objects else "nothing is there"
    return f"may list r2://{bucket.bucket}/{bucket.prefix}: {held}"


def _check_pair(settings: Settings) -> list[Check]:
    if not _has_a_key(settings) or _has_both(settings):
        return []
    found = "one half of the key pair is set, and is left out of account"
    remedy = "Set both R2_ACCESS_KEY_ID and R2_SECRET_ACCESS_KEY, or neither."
    return [Check.doubtful(Family.R2, "pair", found, remedy)]


def _is_elsewhere(settings: Settings) -> bool:
    """Whether keys that follow from the token would go to a host that knows neither."""
    is_own_api = settings.cloudflare.api_url == DEFAULT_API_URL
    return not is_own_api and settings.r2.endpoint_url is None


def _has_a_key(settings: Settings) -> bool:
    return bool(settings.r2.access_key_id or settings.r2.secret_access_key)


def _has_both(settings: Settings) -> bool:
    return bool(settings.r2.access_key_id and settings.r2.secret_access_key)


def _are_meant(settings: Settings) -> bool:
    """Whether the keys were set for imgai: AWS_… may be there for others."""
    return "(R2_" in settings.origins.get("R2_ACCESS_KEY_ID", "")


def _whose(settings: Settings) -> str:
    return "the keys" if _has_both(settings) else "keys derived from the API token"
