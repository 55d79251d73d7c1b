"""What JSON tells of labels and colours: the same fields, whichever command tells."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # loaded by whoever has some; 2 ms that a search does not need
    from imgai.domain.derive import Label
    from imgai.domain.images import Swatch


def label_fields(labels: "Iterable[Label]") -> list[dict[str, object]]:
    """Return labels as JSON holds them, their scores as exact as the database's."""
    return [{"label": one.label, "score": round(one.score, 4)} for one in labels]


def colour_fields(colours: "Iterable[Swatch]") -> list[dict[str, object]]:
    """Return the swatches of a palette as JSON holds them."""
    return [{"hex": one.hex, "name": one.name, "share": one.share} for one in colours]
