/// A condition on labels: requirements that must all hold. No requirement at all selects everything.
///
/// Both of Kubernetes' forms: text (`tier=edge,region in (eu, us),!retired`) and the structure of `matchLabels` and
/// `matchExpressions`.
package struct LabelSelector: Sendable, Hashable {
  package enum Operator: String, Sendable, Hashable, CaseIterable {
    case `in` = "In"
    /// Also holds where the label is missing.
    case notIn = "NotIn"
    case exists = "Exists"
    case doesNotExist = "DoesNotExist"
    /// Numbers of 64 bits; only in texts.
    case greaterThan = "Gt"
    case lessThan = "Lt"
  }

  package struct Requirement: Sendable, Hashable {
    package let key: String
    package let `operator`: Operator
    /// Sorted, without repeats; empty for `exists` and `doesNotExist`.
    package let values: [String]

    /// - Throws: ``Problem`` for a key or value that is no label key or value, and for a wrong number of values.
    package init(_ key: String, _ operator: Operator, _ values: [String] = []) throws(Problem) {
      if let reason = NameRules.problem(withLabelKey: key) {
        throw Problem("'\(key)' is no label key: it \(reason)", at: .key)
      }
      try Self.check(`operator`, values)
      for value in values {
        if let reason = NameRules.problem(withLabelValue: value) {
          throw Problem("'\(value)' is no label value: it \(reason)", at: .values)
        }
      }
      self.key = key
      self.operator = `operator`
      self.values = Set(values).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private static func check(_ operator: Operator, _ values: [String]) throws(Problem) {
      switch `operator` {
      case .in, .notIn:
        if values.isEmpty { throw Problem("'\(`operator`.rawValue)' needs at least one value", at: .values) }
      case .exists, .doesNotExist:
        if !values.isEmpty { throw Problem("'\(`operator`.rawValue)' takes no values", at: .values) }
      case .greaterThan, .lessThan:
        guard values.count == 1, Int64(values[0]) != nil else {
          throw Problem("'\(`operator`.rawValue)' needs one whole number", at: .values)
        }
      }
    }

    /// Whether labels satisfy it; `value` is the label's, nil where there is none.
    package func matches(_ value: String?) -> Bool {
      switch `operator` {
      case .in: value.map(values.contains) ?? false
      case .notIn: !(value.map(values.contains) ?? false)
      case .exists: value != nil
      case .doesNotExist: value == nil
      case .greaterThan: compare(value) { $0 > $1 }
      case .lessThan: compare(value) { $0 < $1 }
      }
    }

    private func compare(_ value: String?, _ holds: (Int64, Int64) -> Bool) -> Bool {
      guard let number = value.flatMap({ Int64($0) }), let bound = values.first.flatMap({ Int64($0) }) else {
        return false
      }
      return holds(number, bound)
    }
  }

  /// What is wrong with a selector, and at which part of it.
  package struct Problem: Error, Sendable, Equatable {
    package enum Part: Sendable, Equatable {
      case key, values
      /// Scalars from the text's beginning.
      case offset(Int)
    }

    package let message: String
    package let part: Part

    init(_ message: String, at part: Part) {
      self.message = message
      self.part = part
    }
  }

  /// Sorted by key, as Kubernetes writes them.
  package let requirements: [Requirement]

  package init(_ requirements: [Requirement] = []) {
    self.requirements = requirements.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
  }

  package static let everything = LabelSelector()

  package var isEverything: Bool { requirements.isEmpty }

  package func matches(_ labels: [String: String]) -> Bool {
    requirements.allSatisfy { $0.matches(labels[$0.key]) }
  }

  /// The same by a look-up, where labels are kept otherwise.
  package func matches(_ label: (String) -> String?) -> Bool {
    requirements.allSatisfy { $0.matches(label($0.key)) }
  }

  /// Both conditions.
  package func and(_ other: LabelSelector) -> LabelSelector {
    LabelSelector(requirements + other.requirements)
  }
}

extension LabelSelector: CustomStringConvertible {
  /// The text form, as a `labelSelector` parameter takes it.
  package var description: String { requirements.map(\.description).joined(separator: ",") }
}

extension LabelSelector.Requirement: CustomStringConvertible {
  package var description: String {
    switch `operator` {
    case .in where values.count == 1: "\(key)=\(values[0])"
    case .notIn where values.count == 1: "\(key)!=\(values[0])"
    case .in: "\(key) in (\(values.joined(separator: ",")))"
    case .notIn: "\(key) notin (\(values.joined(separator: ",")))"
    case .exists: key
    case .doesNotExist: "!\(key)"
    case .greaterThan: "\(key)>\(values.joined())"
    case .lessThan: "\(key)<\(values.joined())"
    }
  }
}
