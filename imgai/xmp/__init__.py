"""XMP: what people and programs write about a picture, as RDF in XML."""
