extension Function {
  static let versions: [Function] = [
    Function("semver", 1) { a, _ in
      guard let version = SemanticVersion(try a.string(0)) else { throw a.failure("invalid semantic version") }
      return .version(version)
    },
    Function("semverCompare", 2) { a, _ in
      guard let constraint = VersionConstraint(try a.string(0)) else {
        throw a.failure("improper constraint: \(try a.string(0).prefix(60))")
      }
      guard let version = SemanticVersion(try a.string(1)) else { throw a.failure("invalid semantic version") }
      return .bool(constraint.admits(version))
    },
  ]
}
