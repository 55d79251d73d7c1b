"""Groups of duplicates: paragraphs for people, a line of JSON each for programs."""

from collections.abc import Iterable

from imgai.domain.duplicates import DuplicateGroup, DuplicateKind, Member
from imgai.present.amounts import counted, shown_bytes
from imgai.present.console import Output, can_write
from imgai.present.text import json_line, safe, shown_uri

_HEADINGS = {
    DuplicateKind.SAME_FILE: "Same file",
    DuplicateKind.SAME_PICTURE: "Same picture, other metadata",
    DuplicateKind.NEAR_DUPLICATE: "Near-duplicates",
}
_BEST, _ASCII_BEST = "★", "*"


def show_duplicates(
    groups: Iterable[DuplicateGroup],
    output: Output,
    *,
    as_json: bool = False,
    is_quiet: bool = False,
) -> None:
    """Show groups on stdout as they come, and on stderr what they sum up to.

    Args:
        groups: kind by kind.
        output: where to show them.
        as_json: one object a group and line.
        is_quiet: leaves out the sum.

    Raises:
        BrokenPipeError: the reader of stdout has gone.
    """
    best = _BEST if can_write(output.out, _BEST) else _ASCII_BEST
    spare: dict[DuplicateKind, list[int]] = {}
    for group in groups:
        if as_json:
            output.result(group_json(group))
        else:
            if spare and group.kind not in spare:
                output.result("")
            _show(group, output, best)
        spare.setdefault(group.kind, []).append(group.spare_bytes)
    if is_quiet:
        return
    for kind, sizes in spare.items():
        found, size = counted(len(sizes), "group"), shown_bytes(sum(sizes))
        output.say(f"{_HEADINGS[kind]}: {found}; all but the best take {size}.")
    if not spare:
        output.say("No duplicates.")


def group_json(group: DuplicateGroup) -> str:
    """Return a group as a line of JSON, in the fields that README documents."""
    return json_line(
        {
            "kind": group.kind,
            "best": group.best.uri,
            "differences": list(group.differences),
            "spare_bytes": group.spare_bytes,
            "images": [_image(one) for one in group.members],
        }
    )


def _image(member: Member) -> dict[str, object]:
    image = member.image
    return {
        "uri": image.uri,
        "width_px": image.width_px,
        "height_px": image.height_px,
        "size_bytes": image.size_bytes,
        "format": image.format,
        "taken_at": image.taken_at,
        "first_seen_at": image.first_seen_at,
        "distance": member.distance,
        "similarity": member.similarity,
        "picture_hash": image.picture_hash,
        "file_hash": image.file_hash,
    }


def _show(group: DuplicateGroup, output: Output, best: str) -> None:
    differing = ", ".join(group.differences) or "names alone"
    output.result(f"{_HEADINGS[group.kind]} (differ in {differing})")
    for member in group.members:
        mark = best if member is group.members[0] else " "
        output.result(f"  {mark} {shown_uri(member.image.uri)}  {_facts(member)}")


def _facts(member: Member) -> str:
    image = member.image
    facts = [
        f"{image.width_px} × {image.height_px}",
        shown_bytes(image.size_bytes),
        image.format or "",
        (image.taken_at or "").replace("T", " "),
        f"distance {member.distance}" if member.distance else "",
    ]
    return "  ".join(safe(fact) for fact in facts if fact)
