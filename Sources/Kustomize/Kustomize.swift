/// Placeholder of the room Kustomize until its first file lands.
