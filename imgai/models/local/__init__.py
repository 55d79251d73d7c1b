"""Models that run on this machine, shipped with `imgai[local]`."""
