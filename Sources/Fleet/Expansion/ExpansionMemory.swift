/// What an ApplicationSet expanded to last, by parameters: a change of one cluster fills one template anew.
///
/// Templates with random or date functions give what they gave until their parameters change.
package struct ExpansionMemory: Sendable {
  private struct Key: Hashable {
    var part: Int
    /// ``ParameterSet/name``
    var name: String
  }

  private var before: [Key: GeneratedApplication] = [:]
  private var now: [Key: GeneratedApplication] = [:]

  package init() {}

  mutating func begin() { now = Dictionary(minimumCapacity: before.count) }

  /// Forgets what was not asked for this time.
  mutating func end() {
    before = now
    now = [:]
  }

  /// The Application that came of the same parameters, which is remembered on.
  mutating func application(of parameters: ParameterSet, part: Int) -> GeneratedApplication? {
    let key = Key(part: part, name: parameters.name)
    guard let known = before[key], known.parameters == parameters else { return nil }
    now[key] = known
    return known
  }

  mutating func note(_ application: GeneratedApplication, part: Int) {
    now[Key(part: part, name: application.parameters.name)] = application
  }
}
