"""All the user can set, and where each value came from.

Flags beat environment variables beat a `.env` file in the working directory beat
defaults. The names are those of the image host's "AI classification" feature.
"""
