import Fleet
import Manifest
import Testing

struct ApplicationSetStatusTests {
  private func set(_ strategy: String = "") throws -> ApplicationSet {
    let text = """
      apiVersion: argoproj.io/v1alpha1
      kind: ApplicationSet
      metadata: {name: web}
      spec:
        generators: [{list: {elements: []}}]
        \(strategy)
        template: {metadata: {name: x}, spec: {project: default, destination: {name: y}, source: {repoURL: /r, path: p}}}
      """
    let node = try #require(try YAML.parse(Array(text.utf8)).first)
    let reading = ApplicationSet.read(node, file: "web.yaml")
    return try #require(reading.value, "\(reading.diagnostics)")
  }

  private func words(_ status: ApplicationSetStatus) -> [String] {
    status.conditions.map { "\($0.type)=\($0.isTrue) \($0.reason)" }
  }

  @Test func eachStateHasItsConditions() throws {
    let set = try set()
    func status(
      _ codes: [String] = [], failures: [Failure] = [], refused: [String] = [], refusal: String? = nil
    ) -> ApplicationSetStatus {
      ApplicationSetStatus(
        of: set, diagnostics: codes.map { Diagnostic($0, "wrong", at: SourceLocation(file: "web.yaml")) },
        failures: failures, refused: refused, refusal: refusal)
    }
    let well = status()
    #expect(
      words(well) == [
        "ErrorOccurred=false ApplicationSetUpToDate", "ParametersGenerated=true ParametersGenerated",
        "ResourcesUpToDate=true ApplicationSetUpToDate",
      ])
    #expect(well.health == .healthy)
    let broken = status(["template.missing-parameter", "application.bad-name"])
    #expect(
      words(broken) == [
        "ErrorOccurred=true RenderTemplateParamsError", "ParametersGenerated=false RenderTemplateParamsError",
        "ResourcesUpToDate=false RenderTemplateParamsError",
      ])
    #expect(broken.health == .degraded)
    #expect(broken.condition("ErrorOccurred")?.message == "web.yaml: wrong (and 1 more)")
    let failed = status(failures: [Failure("git.unreachable", subject: "r", stage: "generate", "no", retry: .backOff)])
    #expect(failed.condition("ErrorOccurred")?.reason == "ApplicationGenerationFromParamsError")
    let asking = Failure("generator.unanswered", subject: "set", stage: "generate", "not read yet", retry: .backOff)
    let waiting = status(failures: [asking])
    #expect(
      words(waiting) == [
        "ErrorOccurred=false ApplicationSetUpToDate", "ParametersGenerated=false AwaitingAnswers",
        "ResourcesUpToDate=false AwaitingAnswers",
      ])
    #expect(waiting.health == .unknown)
    #expect(status(["template.x"], failures: [asking]).health == .degraded)
    let claimed = status(refused: ["application 'a' belongs to set b already"])
    #expect(claimed.condition("ErrorOccurred")?.reason == "ApplicationValidationError")
    #expect(claimed.condition("ParametersGenerated")?.isTrue == true)
    let refused = status(refusal: "6 of 6")
    #expect(refused.health == .unknown && refused.condition("DeletionRefused")?.message == "6 of 6")
    #expect(refused.condition("ErrorOccurred")?.isTrue == false)
  }

  @Test func wavesAreNotPassedOverInSilence() throws {
    let rolling = ApplicationSetStatus(
      of: try set("strategy: {type: RollingSync, rollingSync: {steps: [{matchExpressions: []}]}}"), diagnostics: [],
      failures: [], refused: [], refusal: nil)
    #expect(rolling.condition("RolloutProgressing") == nil, "that is told by the set's rollouts")
    #expect(rolling.health == .healthy)
  }

  @Test func aConditionKeepsItsTimeWhileItHolds() throws {
    let set = try set()
    func status(_ failed: Bool, after before: ApplicationSetStatus?, _ now: String) -> ApplicationSetStatus {
      ApplicationSetStatus(
        of: set, diagnostics: failed ? [Diagnostic("template.x", now)] : [], failures: [], refused: [], refusal: nil
      ).timed(after: before, now: now)
    }
    let first = status(true, after: nil, "1")
    let second = status(true, after: first, "2")
    let third = status(false, after: second, "3")
    #expect([first, second, third].map { $0.condition("ErrorOccurred")?.since } == ["1", "1", "3"])
    #expect(second.condition("ErrorOccurred")?.message == "2")
  }

  @Test func limitsOfRemovals() {
    let cases: [(text: String, limit: (count: Int, share: Double)?)] = [
      ("20", (20, 0)), ("25%", (0, 0.25)), ("5,10%", (5, 0.1)), ("10%, 5", (5, 0.1)), ("0", (0, 0)), ("", nil),
      ("5,6", nil), ("101%", nil), ("-1", nil), ("five", nil), ("5,10%,1", nil), ("99999999999999999999", nil),
    ]
    for (text, limit) in cases {
      #expect(Breaker(text) == limit.map { Breaker(count: $0.count, share: $0.share) }, "\(text)")
    }
  }
}
