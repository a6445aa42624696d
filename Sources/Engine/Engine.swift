/// Placeholder of the room Engine until its first file lands.
