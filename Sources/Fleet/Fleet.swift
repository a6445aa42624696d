/// Placeholder of the room Fleet until its first file lands.
