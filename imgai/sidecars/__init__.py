"""XMP sidecars: small files beside pictures, for what must not be written into them."""
