"""Rows of `relevance_floor`: what was measured of a space's model, once."""

import sqlite3
from datetime import datetime

from imgai.domain.relevance import Calibration, Floor


def known_calibration(
    connection: sqlite3.Connection, space_id: int
) -> Calibration | None:
    """Return what was measured of a space's model; None if nothing was."""
    row = connection.execute(
        "SELECT least, below_best, between_pictures, precision, recall"
        " FROM relevance_floor WHERE space = ?",
        (space_id,),
    ).fetchone()
    if row is None:
        return None
    *floor, precision, recall = row
    return Calibration(Floor(*floor), precision, recall)


def keep_calibration(
    connection: sqlite3.Connection,
    space_id: int,
    calibration: Calibration,
    measured_at: datetime,
) -> None:
    """Keep what was measured, in place of what was before; in the caller's transaction.

    Args:
        connection: with a transaction open.
        space_id: of the model's space.
        calibration: what was measured.
        measured_at: UTC.
    """
    from imgai.store.codec import to_time  # noqa: PLC0415  2 ms of every search

    floor = calibration.floor
    connection.execute(
        "INSERT OR REPLACE INTO relevance_floor (space, least, below_best,"
        " between_pictures, precision, recall, measured_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            space_id,
            floor.least,
            floor.below_best,
            floor.between_pictures,
            calibration.precision,
            calibration.recall,
            to_time(measured_at),
        ),
    )
