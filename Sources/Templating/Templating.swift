/// Placeholder of the room Templating until its first file lands.
