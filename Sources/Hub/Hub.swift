/// Placeholder of the room Hub until its first file lands.
