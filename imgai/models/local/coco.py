"""The 80 classes of the detector, as COCO spells them, and what agrees with each.

The detector is sure of itself outside its classes (it takes a dolphin for a bird at
0.98), so what it sees counts only where the classifier sees something of the kind.
"""

# The model's score columns are COCO's ids less 1; ten of its 90 ids name nothing.
LABEL_OF_COLUMN: dict[int, str] = {
    column: label
    for column, label in enumerate(
        [
            "person",
            "bicycle",
            "car",
            "motorcycle",
            "airplane",
            "bus",
            "train",
            "truck",
            "boat",
            "traffic light",
            "fire hydrant",
            "",
            "stop sign",
            "parking meter",
            "bench",
            "bird",
            "cat",
            "dog",
            "horse",
            "sheep",
            "cow",
            "elephant",
            "bear",
            "zebra",
            "giraffe",
            "",
            "backpack",
            "umbrella",
            "",
            "",
            "handbag",
            "tie",
            "suitcase",
            "frisbee",
            "skis",
            "snowboard",
            "sports ball",
            "kite",
            "baseball bat",
            "baseball glove",
            "skateboard",
            "surfboard",
            "tennis racket",
            "bottle",
            "",
            "wine glass",
            "cup",
            "fork",
            "knife",
            "spoon",
            "bowl",
            "banana",
            "apple",
            "sandwich",
            "orange",
            "broccoli",
            "carrot",
            "hot dog",
            "pizza",
            "donut",
            "cake",
            "chair",
            "couch",
            "potted plant",
            "bed",
            "",
            "dining table",
            "",
            "",
            "toilet",
            "",
            "tv",
            "laptop",
            "mouse",
            "remote",
            "keyboard",
            "cell phone",
            "microwave",
            "oven",
            "toaster",
            "sink",
            "refrigerator",
            "",
            "book",
            "clock",
            "vase",
            "scissors",
            "teddy bear",
            "hair drier",
            "toothbrush",
        ]
    )
    if label
}
LABELS: tuple[str, ...] = tuple(LABEL_OF_COLUMN.values())

PERSON = "person"
ANIMALS = frozenset(
    {"bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra"}
    | {"giraffe"}
)

# Things of which the middle of their box shows their own colour, and of which people
# say it: no cup (its coffee), no screen (its picture), and above all no person.
COLOURABLE = (ANIMALS - {"zebra", "giraffe"}) | frozenset(
    (
        "car",
        "motorcycle",
        "airplane",
        "bus",
        "train",
        "truck",
        "boat",
        "backpack",
        "umbrella",
        "handbag",
        "suitcase",
        "tie",
        "kite",
        "surfboard",
        "bottle",
        "chair",
        "couch",
        "bench",
        "vase",
        "teddy bear",
        "fire hydrant",
        "apple",
    )
)
# Kinds of which a class is a narrower name: a "school bus" is a bus, whereas the
# "espresso" that agrees with a cup is what is in it.
NAMED_BY_CLASS = ANIMALS | {"car", "bus", "train", "truck", "boat", "airplane"}
# Classes that are in a thing rather than the thing: red wine, espresso, eggnog.
CONTENTS = frozenset({966, 967, 969})


def _classes(*parts: int | tuple[int, int]) -> frozenset[int]:
    """Return ImageNet class numbers: single ones, and ranges with both ends."""
    numbers: set[int] = set()
    for part in parts:
        first, last = part if isinstance(part, tuple) else (part, part)
        numbers.update(range(first, last + 1))
    return frozenset(numbers)


# COCO label → the ImageNet classes that may be the same thing. What is not listed
# has nothing like it among ImageNet's thousand.
AGREEING: dict[str, frozenset[int]] = {
    "bicycle": _classes(444, 671, 870, 880),
    "car": _classes(407, 436, 468, 479, 511, 581, 609, 627, 656, 661, 717, 734, 751)
    | _classes(803, 817, 864),
    "motorcycle": _classes(518, 665, 670),
    "airplane": _classes(404, 895, 908),
    "bus": _classes(654, 779, 874),
    "train": _classes(466, 547, 565, 705, 820, 829),
    "truck": _classes(555, 569, 586, 675, 717, 864, 867),
    "boat": _classes(403, 449, 472, 484, 510, 536, 554, 576, 625, 628, 693, 724, 780)
    | _classes(814, 871, 913, 914),
    "traffic light": _classes(920),
    "stop sign": _classes(919),
    "parking meter": _classes(704),
    "bench": _classes(703),
    "bird": _classes((7, 24), (80, 100), (127, 146)),
    "cat": _classes((281, 285), 287),
    "dog": _classes((151, 275)),
    "horse": _classes(339, 603),
    "sheep": _classes(348, 349),
    "cow": _classes(345, 346),
    "elephant": _classes(101, 385, 386),
    "bear": _classes((294, 297)),
    "zebra": _classes(340),
    "backpack": _classes(414),
    "umbrella": _classes(879),
    "handbag": _classes(636, 748),
    "tie": _classes(457, 834, 906),
    "skis": _classes(795),
    "sports ball": _classes(429, 430, 522, 574, 722, 768, 805, 852, 890),
    "baseball bat": _classes(981),
    "baseball glove": _classes(981),
    "tennis racket": _classes(752),
    "bottle": _classes(440, 720, 737, 898, 901, 907),
    "wine glass": _classes(572, 966),
    "cup": _classes(504, 647, 849, 967, 968, 969),
    "spoon": _classes(618, 813, 910),
    "bowl": _classes(659, 809),
    "banana": _classes(954),
    "apple": _classes(948),
    "sandwich": _classes(931, 933),
    "orange": _classes(950, 951),
    "broccoli": _classes(937),
    "hot dog": _classes(934),
    "pizza": _classes(963),
    "donut": _classes(931),
    "cake": _classes(927),
    "chair": _classes(423, 559, 765, 857),
    "couch": _classes(831),
    "potted plant": _classes(738, 883),
    "bed": _classes(520, 564, 750),
    "dining table": _classes(532, 736),
    "toilet": _classes(861),
    "tv": _classes(664, 782, 851),
    "laptop": _classes(620, 681),
    "mouse": _classes(673),
    "remote": _classes(761),
    "keyboard": _classes(508, 878),
    "cell phone": _classes(487),
    "microwave": _classes(651),
    "oven": _classes(766, 827),
    "toaster": _classes(859),
    "sink": _classes(896),
    "refrigerator": _classes(760),
    "book": _classes(917, 921),
    "clock": _classes(409, 530, 531, 892),
    "vase": _classes(883),
    "teddy bear": _classes(850),
    "hair drier": _classes(589),
}
