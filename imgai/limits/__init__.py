"""When a call may go: rate, retry, budget. Knows numbers, not images."""
