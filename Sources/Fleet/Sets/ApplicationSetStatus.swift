package import Manifest

/// A condition of an ApplicationSet, with Argo CD's types and reasons where it has them.
package struct SetCondition: Sendable, Equatable {
  package var type: String
  package var isTrue: Bool
  package var reason: String
  package var message: String
  /// RFC 3339, UTC: since when it has been so.
  package var since: String

  init(_ type: String, _ isTrue: Bool, _ reason: String, _ message: String) {
    self.type = type
    self.isTrue = isTrue
    self.reason = reason
    self.message = message
    since = ""
  }
}

/// How an ApplicationSet stands.
package struct ApplicationSetStatus: Sendable, Equatable {
  package private(set) var conditions: [SetCondition]

  /// - Parameters:
  ///   - refusal: why the breaker kept Applications that would have been removed.
  ///   - refused: names of Applications that belong to somebody else, each in words.
  package init(
    of set: ApplicationSet, diagnostics: [Diagnostic], failures: [Failure], refused: [String], refusal: String?
  ) {
    // What is still being asked is no error yet.
    let pending = failures.filter { $0.code == Self.unanswered }
    let failures = failures.filter { $0.code != Self.unanswered }
    let errors = diagnostics.filter { $0.severity == .error }
    let messages =
      errors.map { ($0.location.map { $0.text + ": " } ?? "") + $0.message }
      + failures.map { "\($0.subject): \($0.message)" } + refused
    let codes = errors.map(\.code) + failures.map(\.code) + refused.map { _ in "application.claimed" }
    let reason = Self.reason(codes.first ?? "")
    var message = messages.first ?? ""
    if messages.count > 1 { message += " (and \(messages.count - 1) more)" }
    let lacksParameters = codes.contains { Self.reason($0) != "ApplicationValidationError" }
    conditions = [
      messages.isEmpty
        ? SetCondition("ErrorOccurred", false, "ApplicationSetUpToDate", Self.allWell)
        : SetCondition("ErrorOccurred", true, reason, message),
      lacksParameters
        ? SetCondition("ParametersGenerated", false, reason, message)
        : pending.first.map { SetCondition("ParametersGenerated", false, "AwaitingAnswers", $0.message) }
          ?? SetCondition(
            "ParametersGenerated", true, "ParametersGenerated", "Successfully generated parameters for all Applications"
          ),
    ]
    if let refusal { conditions.append(SetCondition("DeletionRefused", true, "BreakerTripped", refusal)) }
    if let first = pending.first, messages.isEmpty {
      conditions.append(SetCondition("ResourcesUpToDate", false, "AwaitingAnswers", first.message))
    } else if messages.isEmpty && refusal == nil {
      conditions.append(SetCondition("ResourcesUpToDate", true, "ApplicationSetUpToDate", Self.allWell))
    } else {
      conditions.append(
        SetCondition(
          "ResourcesUpToDate", false, messages.isEmpty ? "BreakerTripped" : reason,
          messages.isEmpty ? refusal ?? "" : message))
    }
  }

  /// The code of a question of a generator that has no answer yet.
  static let unanswered = "generator.unanswered"
  private static let allWell = "All applications have been generated successfully"

  private static func reason(_ code: String) -> String {
    switch code.prefix(while: { $0 != "." }) {
    case "template": "RenderTemplateParamsError"
    case "application": "ApplicationValidationError"
    default: "ApplicationGenerationFromParamsError"
    }
  }

  /// Argo CD's rule: an error counts most, then a rollout, then that all is there.
  package var health: Health {
    func holds(_ type: String) -> Bool { conditions.contains { $0.type == type && $0.isTrue } }
    if holds("ErrorOccurred") { return .degraded }
    if holds("RolloutProgressing") { return .progressing }
    return holds("ResourcesUpToDate") ? .healthy : .unknown
  }

  /// Tells how the set's rollouts are.
  package mutating func tell(of rollout: FleetRollout) { conditions.append(SetCondition(of: rollout)) }

  package func condition(_ type: String) -> SetCondition? { conditions.first { $0.type == type } }

  /// Takes over since when what has not changed is so.
  package func timed(after before: ApplicationSetStatus?, now: String) -> ApplicationSetStatus {
    var timed = self
    for index in timed.conditions.indices {
      let known = before?.condition(timed.conditions[index].type)
      timed.conditions[index].since =
        known.flatMap { $0.isTrue == timed.conditions[index].isTrue ? $0.since : nil } ?? now
    }
    return timed
  }

  package var node: Node {
    .mapping([
      "health": .mapping(["status": .string(health.rawValue)]),
      "conditions": .sequence(
        conditions.map {
          .mapping([
            "type": .string($0.type), "status": .string($0.isTrue ? "True" : "False"), "reason": .string($0.reason),
            "message": .string($0.message), "lastTransitionTime": .string($0.since),
          ])
        }),
    ])
  }
}
