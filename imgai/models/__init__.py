"""Whatever looks at pixels or embeds a text, and the guards around it."""
