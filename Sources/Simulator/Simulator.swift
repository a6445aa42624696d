/// Placeholder of the room Simulator until its first file lands.
