extension FleetRepository.Location {
  /// What relative paths in the fleet's manifests are relative to: the fleet directory, or `working` for a Git repository,
  /// of which there are no files. Never made of an address, which may carry a password into messages.
  package func base(in working: String) -> String {
    switch self {
    case .directory(let path): path
    case .git: working
    }
  }
}
