"""What Workers AI bills in: neurons, and what one costs."""

DOLLARS_PER_NEURON = 0.011 / 1_000
FREE_NEURONS_A_DAY = 10_000  # from 00:00 UTC on, free and paid plans alike
