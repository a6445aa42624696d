import Manifest

/// One line of a check for a custom resource; the first line that applies tells its health.
///
/// Most controllers say how their objects are in a few conditions or one field. A table of such lines says what to make of
/// it without a function for each kind. Texts may hold `{…}`, see ``HealthWords``.
enum HealthRule: Sendable {
  /// Tells where the test holds.
  case when(HealthTest, Health, String)
  /// Goes through the conditions in their order; the first line that fits one tells.
  case conditions([ConditionRule])
  /// The same for the last condition alone.
  case lastCondition([ConditionRule])
  /// What a text (or number) at a path means.
  case field(String, [FieldRule])
  /// Tells whatever else.
  case otherwise(Health, String)

  /// The commonest check of all: the condition Ready.
  static func ready(_ waiting: String, healthy: String = "{message}") -> [HealthRule] {
    condition("Ready", waiting, healthy: healthy)
  }

  /// A condition that is True when all is well and False when it is not.
  static func condition(
    _ type: String, _ waiting: String, healthy: String = "{message}", degraded: String = "{message}"
  ) -> [HealthRule] {
    [
      .conditions([
        ConditionRule(type, "False", .degraded, degraded), ConditionRule(type, "True", .healthy, healthy),
      ]),
      .otherwise(.progressing, waiting),
    ]
  }

  func report(_ subject: HealthSubject) -> HealthReport? {
    switch self {
    case .when(let test, let health, let words):
      return test.holds(subject) ? HealthReport(health, HealthWords.text(words, subject)) : nil
    case .conditions(let rules): return Self.first(rules, subject.conditions, subject)
    case .lastCondition(let rules): return Self.first(rules, subject.conditions.suffix(1), subject)
    case .field(let path, let rules):
      guard let text = HealthWords.text(of: subject.node(path)) else { return nil }
      guard let rule = rules.first(where: { $0.values.contains(text) }) else { return nil }
      return HealthReport(rule.health, HealthWords.text(rule.words, subject))
    case .otherwise(let health, let words): return HealthReport(health, HealthWords.text(words, subject))
    }
  }

  private static func first(
    _ rules: [ConditionRule], _ conditions: some Sequence<Node>, _ subject: HealthSubject
  ) -> HealthReport? {
    for condition in conditions {
      guard let rule = rules.first(where: { $0.fits(condition, subject) }) else { continue }
      return HealthReport(rule.health, HealthWords.text(rule.words, subject, condition))
    }
    return nil
  }
}

/// What values of a field mean.
struct FieldRule: Sendable {
  let values: [String]
  let health: Health
  let words: String

  init(_ values: String..., is health: Health, _ words: String) {
    self.values = values
    self.health = health
    self.words = words
  }
}

/// What a condition means.
struct ConditionRule: Sendable {
  /// Whether a condition tells of the object's present generation.
  enum Age: Sendable {
    case any
    /// Its observedGeneration is the object's.
    case current
    /// It has an observedGeneration, and another.
    case stale
  }

  let type: String?
  let status: String?
  let health: Health
  let words: String
  /// Further fields; a value behind `!` must not be there.
  let fields: [String: String]
  let age: Age
  let test: HealthTest?

  init(
    _ type: String?, _ status: String?, _ health: Health, _ words: String = "{message}",
    where fields: [String: String] = [:], age: Age = .any, given test: HealthTest? = nil
  ) {
    self.type = type
    self.status = status
    self.health = health
    self.words = words
    self.fields = fields
    self.age = age
    self.test = test
  }

  func fits(_ condition: Node, _ subject: HealthSubject) -> Bool {
    guard type == nil || condition["type"]?.string == type, status == nil || condition["status"]?.string == status
    else {
      return false
    }
    for (key, value) in fields {
      let found = condition[key]?.string ?? ""
      if value.hasPrefix("!") ? found == value.dropFirst() : found != value { return false }
    }
    let observed = condition["observedGeneration"]?.int
    let generation = subject.metadata["generation"]?.int
    switch age {
    case .any: break
    case .current: if observed != generation { return false }
    case .stale: if observed == nil || generation == nil || observed == generation { return false }
    }
    return test?.holds(subject) ?? true
  }
}

/// Something about an object that holds or not. Paths begin at the object: `status.phase`.
indirect enum HealthTest: Sendable {
  case present(String)
  case absent(String)
  case isTrue(String)
  case isFalse(String)
  case text(String, [String])
  case prefix(String, String)
  /// Both are there and are the same text or number, or neither is there.
  case same(String, String)
  /// A number above zero.
  case positive(String)
  /// A list without items, or none.
  case empty(String)
  /// A condition has this status.
  case condition(String, String)
  case label(String, String)
  /// An item of a list has this text in a field.
  case listed(String, String, String)
  /// The generation that the controller saw, if it says one, is not the object's.
  case behind
  case all([HealthTest])
  case not(HealthTest)

  func holds(_ subject: HealthSubject) -> Bool {
    switch self {
    case .present(let path): !(subject.node(path)?.isNull ?? true)
    case .absent(let path): subject.node(path)?.isNull ?? true
    case .isTrue(let path): subject.node(path)?.bool == true
    case .isFalse(let path): subject.node(path)?.bool == false
    case .text(let path, let values): HealthWords.text(of: subject.node(path)).map(values.contains) ?? false
    case .prefix(let path, let start): subject.node(path)?.string?.hasPrefix(start) ?? false
    case .same(let a, let b): HealthWords.text(of: subject.node(a)) == HealthWords.text(of: subject.node(b))
    case .positive(let path): (subject.node(path)?.int ?? 0) > 0
    case .empty(let path): (subject.node(path)?.sequence ?? []).isEmpty
    case .condition(let type, let status):
      subject.conditions.contains {
        $0["type"]?.string == type && $0["status"]?.string == status
      }
    case .label(let name, let value): subject.metadata["labels"]?[name]?.string == value
    case .listed(let path, let field, let value):
      (subject.node(path)?.sequence ?? []).contains { $0[field]?.string == value }
    case .behind:
      subject.status["observedGeneration"]?.int.map { $0 != subject.metadata["generation"]?.int ?? $0 } ?? false
    case .all(let tests): tests.allSatisfy { $0.holds(subject) }
    case .not(let test): !test.holds(subject)
    }
  }
}
