/// Kubernetes' rules for names, label keys and label values, each with the reason when one does not hold.
///
/// A reason continues a sentence that names the thing: `'a_b' ` + `holds '_'; …`.
package enum NameRules {
  /// RFC 1123 subdomain: the names of most objects; at most 253 bytes.
  package static func problem(withSubdomain name: String) -> String? {
    if name.isEmpty { return "is empty" }
    if let problem = tooLong(name, maximum: 253) { return problem }
    for label in name.split(separator: ".", omittingEmptySubsequences: false) {
      guard isDNSLabel(label.utf8) else {
        return "may hold only a-z, 0-9, '-' and '.', and each part between dots begins and ends with a letter or digit"
      }
    }
    return nil
  }

  /// RFC 1123 label: namespaces, and the parts of a subdomain; at most 63 bytes.
  package static func problem(withLabel name: String) -> String? {
    if name.isEmpty { return "is empty" }
    if let problem = tooLong(name, maximum: 63) { return problem }
    return isDNSLabel(name.utf8)
      ? nil : "may hold only a-z, 0-9 and '-', and begins and ends with a letter or digit"
  }

  /// RFC 1035 label, which begins with a letter: the names of Services.
  package static func problem(withServiceName name: String) -> String? {
    if let problem = problem(withLabel: name) { return problem }
    return name.utf8.first.map(isLower) == true ? nil : "must begin with a letter"
  }

  /// One segment of a URL path: the names of RBAC objects, which may hold nearly anything.
  package static func problem(withPathSegment name: String) -> String? {
    if name.isEmpty { return "is empty" }
    if name == "." || name == ".." { return "must not be '.' or '..'" }
    return name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "%") } ? "must not hold '/' or '%'" : nil
  }

  /// `[prefix/]name`: the keys of labels, and of annotations in lower case.
  package static func problem(withLabelKey key: String) -> String? {
    if key.isEmpty { return "is empty" }
    let parts = key.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2 else { return "may hold one '/', between prefix and name" }
    if parts.count == 2 {
      if parts[0].isEmpty { return "has nothing before its '/'" }
      if let problem = problem(withSubdomain: String(parts[0])) { return "has a prefix that \(problem)" }
    }
    guard let name = parts.last, !name.isEmpty else { return "has nothing after its '/'" }
    return problem(withQualifiedName: name)
  }

  package static func problem(withLabelValue value: String) -> String? {
    value.isEmpty ? nil : problem(withQualifiedName: Substring(value))
  }

  private static func problem(withQualifiedName name: Substring) -> String? {
    guard name.utf8.count <= 63 else { return "has \(name.utf8.count) bytes, of which 63 are allowed" }
    guard let first = name.utf8.first, let last = name.utf8.last, isAlphanumeric(first), isAlphanumeric(last),
      name.utf8.allSatisfy({ isAlphanumeric($0) || "-_.".utf8.contains($0) })
    else {
      return "may hold only letters, digits, '-', '_' and '.', and begins and ends with a letter or digit"
    }
    return nil
  }

  private static func tooLong(_ name: String, maximum: Int) -> String? {
    name.utf8.count > maximum ? "has \(name.utf8.count) bytes, of which \(maximum) are allowed" : nil
  }

  private static func isDNSLabel(_ label: Substring.UTF8View) -> Bool {
    guard let first = label.first, let last = label.last, isLowerOrDigit(first), isLowerOrDigit(last) else {
      return false
    }
    return label.allSatisfy { isLowerOrDigit($0) || $0 == UInt8(ascii: "-") }
  }

  private static func isDNSLabel(_ label: String.UTF8View) -> Bool { isDNSLabel(Substring(String(label)).utf8) }

  private static func isLower(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private static func isLowerOrDigit(_ byte: UInt8) -> Bool { isLower(byte) || isDigit(byte) }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool { isLower(byte | 0x20) || isDigit(byte) }
}
