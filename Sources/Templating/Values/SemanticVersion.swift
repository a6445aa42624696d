/// A version as Sprig's semver reads it: SemVer 2.0, with a `v` and missing parts allowed.
struct SemanticVersion: Equatable {
  var major: Int64
  var minor: Int64
  var patch: Int64
  /// Without its `-`; empty for none.
  var prerelease: String
  /// Without its `+`; empty for none.
  var metadata: String
  var original: String

  init?(_ text: String) {
    guard text.utf8.count <= 256 else { return nil }
    var rest = text.hasPrefix("v") ? text.dropFirst() : text[...]
    metadata = ""
    prerelease = ""
    if let plus = rest.firstIndex(of: "+") {
      metadata = String(rest[rest.index(after: plus)...])
      rest = rest[..<plus]
      guard Self.areIdentifiers(metadata) else { return nil }
    }
    if let dash = rest.firstIndex(of: "-") {
      prerelease = String(rest[rest.index(after: dash)...])
      rest = rest[..<dash]
      guard Self.areIdentifiers(prerelease), !Self.hasPaddedNumber(prerelease) else { return nil }
    }
    let parts = rest.split(separator: ".", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { $0.allSatisfy { $0.isASCII && $0.isNumber } ? Int64($0) : nil }
    guard (1...3).contains(parts.count), numbers.count == parts.count else { return nil }
    major = numbers[0]
    minor = numbers.count > 1 ? numbers[1] : 0
    patch = numbers.count > 2 ? numbers[2] : 0
    original = text
  }

  /// A number with a zero before it, which SemVer §9 has no room for.
  private static func hasPaddedNumber(_ text: String) -> Bool {
    text.split(separator: ".").contains { part in
      part.count > 1 && part.first == "0" && part.allSatisfy { $0.isASCII && $0.isNumber }
    }
  }

  private static func areIdentifiers(_ text: String) -> Bool {
    text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
      !part.isEmpty && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
    }
  }

  var description: String {
    "\(major).\(minor).\(patch)" + (prerelease.isEmpty ? "" : "-" + prerelease)
      + (metadata.isEmpty ? "" : "+" + metadata)
  }

  /// -1, 0 or 1 by SemVer §11; metadata does not count.
  func compared(to other: SemanticVersion) -> Int {
    for (a, b) in [(major, other.major), (minor, other.minor), (patch, other.patch)] where a != b {
      return a < b ? -1 : 1
    }
    if prerelease == other.prerelease { return 0 }
    if prerelease.isEmpty { return 1 }
    if other.prerelease.isEmpty { return -1 }
    let (a, b) = (prerelease.split(separator: "."), other.prerelease.split(separator: "."))
    for (x, y) in zip(a, b) where x != y { return Self.precedes(x, y) ? -1 : 1 }
    return a.count == b.count ? 0 : a.count < b.count ? -1 : 1
  }

  private static func precedes(_ a: Substring, _ b: Substring) -> Bool {
    switch (Int64(a), Int64(b)) {
    case (let x?, let y?): x < y
    case (.some, nil): true
    case (nil, .some): false
    case (nil, nil): a.utf8.lexicographicallyPrecedes(b.utf8)
    }
  }

  /// The fields and methods that templates use; nil for others.
  func method(_ name: String, _ a: Arguments) throws -> GoValue? {
    switch name {
    case "Major": return .int(major, .uint64)
    case "Minor": return .int(minor, .uint64)
    case "Patch": return .int(patch, .uint64)
    case "Prerelease": return .string(prerelease)
    case "Metadata": return .string(metadata)
    case "Original": return .string(original)
    case "String": return .string(description)
    case "Compare", "Equal", "LessThan", "GreaterThan":
      guard case .version(let other) = a[0] else { throw a.failure("needs a version") }
      let order = compared(to: other)
      return switch name {
      case "Compare": .int(order)
      case "Equal": .bool(order == 0)
      case "LessThan": .bool(order < 0)
      default: .bool(order > 0)
      }
    case "IncMajor": return .version(next(major &+ 1, 0, 0))
    case "IncMinor": return .version(next(major, minor &+ 1, 0))
    case "IncPatch": return .version(prerelease.isEmpty ? next(major, minor, patch &+ 1) : next(major, minor, patch))
    default: return nil
    }
  }

  private func next(_ major: Int64, _ minor: Int64, _ patch: Int64) -> SemanticVersion {
    var version = self
    (version.major, version.minor, version.patch) = (major, minor, patch)
    (version.prerelease, version.metadata) = ("", "")
    version.original = version.description
    return version
  }
}
