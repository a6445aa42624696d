/// Placeholder of the room Kubernetes until its first file lands.
