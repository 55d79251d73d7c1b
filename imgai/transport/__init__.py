"""The one HTTP client, and Cloudflare's envelope, errors and waits."""
