"""Where images come from: folders, lists and buckets."""
