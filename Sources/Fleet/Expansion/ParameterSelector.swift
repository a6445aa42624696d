package import Manifest

/// A label selector over clusters' labels or over parameters (`matchLabels`, `matchExpressions`).
package struct ParameterSelector: Sendable, Equatable {
  /// What may stand in values: Kubernetes' rules for labels, or any text.
  package enum Values: Sendable {
    case labels, anyText
  }

  private enum Test: Sendable, Equatable {
    case isIn(Set<String>)
    case isNotIn(Set<String>)
    case exists
    case doesNotExist
  }

  private struct Requirement: Sendable, Equatable {
    var key: String
    var test: Test

    func admits(_ found: String?) -> Bool {
      switch test {
      case .isIn(let values): found.map(values.contains) ?? false
      case .isNotIn(let values): !(found.map(values.contains) ?? false)
      case .exists: found != nil
      case .doesNotExist: found == nil
      }
    }

    var wish: String {
      switch test {
      case .isIn(let values): "in (\(values.sorted().joined(separator: ", ")))"
      case .isNotIn(let values): "not in (\(values.sorted().joined(separator: ", ")))"
      case .exists: "exists"
      case .doesNotExist: "does not exist"
      }
    }

    var text: String {
      switch test {
      case .isIn(let values): "\(key) in (\(values.sorted().joined(separator: ",")))"
      case .isNotIn(let values): "\(key) notin (\(values.sorted().joined(separator: ",")))"
      case .exists: key
      case .doesNotExist: "!" + key
      }
    }

    func words(_ found: String?) -> String {
      "'\(key)' is " + (found.map { "'\($0)'" } ?? "not there") + ", wanted: \(wish)"
    }
  }

  private var requirements: [Requirement] = []

  /// Its requirements in words: `tier in (cloud, edge), gpu exists`.
  package var words: String { requirements.map { "\($0.key) \($0.wish)" }.joined(separator: ", ") }

  /// As API servers are asked: `tier in (cloud,edge),gpu,!spot`.
  package var text: String { requirements.map(\.text).joined(separator: ",") }

  /// Whether it says nothing, and so fits everything.
  package var isEmpty: Bool { requirements.isEmpty }

  /// - Returns: the selector, and all that is wrong with it.
  package static func read(
    _ node: Node?, values: Values, file: String
  ) -> (selector: ParameterSelector, problems: [Diagnostic]) {
    var selector = ParameterSelector()
    var problems: [Diagnostic] = []
    func report(_ message: String, _ mark: SourceMark) {
      problems.append(
        Diagnostic("selector.invalid", "invalid selector: " + message, at: SourceLocation(file: file, mark: mark)))
    }
    for member in node?["matchLabels"]?.mapping ?? Mapping() {
      if let problem = LabelText.problem(withKey: member.key) { report(problem, member.keyMark) }
      let value = member.value.string ?? ""
      if values == .labels, let problem = LabelText.problem(withValue: value) { report(problem, member.value.mark) }
      selector.requirements.append(Requirement(key: member.key, test: .isIn([value])))
    }
    for expression in node?["matchExpressions"]?.sequence ?? [] {
      switch requirement(expression, values) {
      case .success(let requirement): selector.requirements.append(requirement)
      case .failure(let problem): report(problem.message, expression.mark)
      }
    }
    return (selector, problems)
  }

  private struct Problem: Error { var message: String }

  private static func requirement(_ node: Node, _ rule: Values) -> Result<Requirement, Problem> {
    let key = node["key"]?.string ?? ""
    let name = node["operator"]?.string ?? ""
    let values = node["values"].texts
    if let problem = LabelText.problem(withKey: key) { return .failure(Problem(message: problem)) }
    if rule == .labels, let problem = values.compactMap(LabelText.problem(withValue:)).first {
      return .failure(Problem(message: problem))
    }
    switch name {
    case "In", "NotIn":
      guard !values.isEmpty else { return .failure(Problem(message: "the operator \(name) needs values")) }
      let test = name == "In" ? Test.isIn(Set(values)) : Test.isNotIn(Set(values))
      return .success(Requirement(key: key, test: test))
    case "Exists", "DoesNotExist":
      guard values.isEmpty else { return .failure(Problem(message: "the operator \(name) takes no values")) }
      return .success(Requirement(key: key, test: name == "Exists" ? .exists : .doesNotExist))
    default:
      return .failure(
        Problem(message: "'\(DNSName.shown(name))' is no operator: use In, NotIn, Exists or DoesNotExist"))
    }
  }

  /// - Parameter value: looks a key up.
  package func admits(_ value: (String) -> String?) -> Bool {
    requirements.allSatisfy { $0.admits(value($0.key)) }
  }

  /// What keeps something out, a line for each requirement that it does not meet; empty where it is admitted.
  package func refusals(_ value: (String) -> String?) -> [String] {
    requirements.filter { !$0.admits(value($0.key)) }.map { $0.words(value($0.key)) }
  }
}

/// Kubernetes' rules for label keys and values.
enum LabelText {
  static func problem(withKey key: String) -> String? {
    let parts = key.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    if parts.count == 2, let problem = DNSName.problem(withSubdomain: String(parts[0])) {
      return "the key '\(DNSName.shown(key))' has a prefix that \(problem)"
    }
    let name = String(parts.last ?? "")
    guard !name.isEmpty, isQualified(name) else {
      return "'\(DNSName.shown(key))' is no label key"
    }
    return nil
  }

  static func problem(withValue value: String) -> String? {
    value.isEmpty || isQualified(value) ? nil : "'\(DNSName.shown(value))' is no label value"
  }

  /// At most 63 of letters, digits, `-`, `_` and `.`, with a letter or digit at both ends.
  private static func isQualified(_ text: String) -> Bool {
    guard text.utf8.count <= 63, let first = text.utf8.first, let last = text.utf8.last else { return false }
    let isLetterOrDigit = { (byte: UInt8) in
      byte >= 48 && byte <= 57 || (byte | 32) >= 97 && (byte | 32) <= 122
    }
    return isLetterOrDigit(first) && isLetterOrDigit(last)
      && text.utf8.allSatisfy { isLetterOrDigit($0) || $0 == 45 || $0 == 95 || $0 == 46 }
  }
}
