import Manifest
import Testing

@testable import Fleet

@Suite struct AnalysisJobTests {
  private let owner = AnalysisOwner(name: "run", uid: "0b1c2d3e-0000-4000-8000-000000000001", namespace: "apps")

  private func node(_ text: String) throws -> Node { try #require(try YAML.parse(Array(text.utf8)).first) }

  @Test func namesFitAndTellMetricsApart() {
    let uid = owner.uid
    #expect(AnalysisJob.name(of: "smoke", number: 3, owner: owner) == "\(uid).smoke.3")
    let names = [
      "Error_Rate", "error-rate", "a-metric-with-a-long-name-1", "a-metric-with-a-long-name-2", "!", "x-", "",
    ]
    .map { AnalysisJob.name(of: $0, number: 12, owner: owner) }
    #expect(Set(names).count == names.count)
    for name in names {
      #expect(name.utf8.count <= 63 && name.hasPrefix(uid + ".") && name.hasSuffix(".12"), "\(name)")
      #expect(DNSName.problem(withSubdomain: name) == nil, "\(name)")
    }
    #expect(AnalysisJob.name(of: "Error_Rate", number: 12, owner: owner) == names[0])
  }

  @Test func aJobBelongsToItsRun() throws {
    let job = try node(
      "{metadata: {labels: {a: b}, annotations: {c: d}}, spec: {backoffLimit: 1, template: {metadata: {labels: {e: f}}, spec: {}}}}"
    )
    let inCluster = AnalysisJob.object(job, metric: "m", number: 1, owner: owner, namespace: "apps")
    let reference = inCluster["metadata"]?["ownerReferences"]?[0]
    #expect(reference?["kind"]?.string == "AnalysisRun" && reference?["uid"]?.string == owner.uid)
    #expect(reference?["controller"]?.bool == true)
    #expect(inCluster["spec"]?["ttlSecondsAfterFinished"] == nil)
    let labels = inCluster["metadata"]?["labels"]
    #expect(labels?["a"]?.string == "b" && labels?["analysisrun.argoproj.io/uid"]?.string == owner.uid)
    let annotations = inCluster["metadata"]?["annotations"]
    #expect(annotations?["c"]?.string == "d")
    #expect(annotations?["analysisrun.argoproj.io/namespace"]?.string == "apps")
    #expect(annotations?["analysisrun.argoproj.io/metric-name"]?.string == "m")
    let pod = inCluster["spec"]?["template"]?["metadata"]?["labels"]
    #expect(pod?["e"]?.string == "f" && pod?["analysisrun.argoproj.io/uid"]?.string == owner.uid)
    // In another namespace nothing of the cluster owns it: it goes by itself.
    let elsewhere = AnalysisJob.object(job, metric: "m", number: 1, owner: owner, namespace: "jobs")
    #expect(elsewhere["metadata"]?["ownerReferences"] == nil)
    #expect(elsewhere["spec"]?["ttlSecondsAfterFinished"]?.int == 3600)
    let own = try node("{spec: {ttlSecondsAfterFinished: 5}}")
    #expect(
      AnalysisJob.object(own, metric: "m", number: 1, owner: owner, namespace: "jobs")["spec"]?[
        "ttlSecondsAfterFinished"]?.int == 5)
    #expect(AnalysisJob.isOwned(.mapping(elsewhere), by: owner))
    #expect(!AnalysisJob.isOwned(.mapping(elsewhere), by: AnalysisOwner(name: "run", uid: "other")))
  }

  @Test func outcomesAndObstacles() throws {
    let outcomes: [(String, AnalysisPhase?)] = [
      ("{}", nil), ("{status: {conditions: [{type: Complete, status: 'True'}]}}", .successful),
      ("{status: {conditions: [{type: Complete, status: 'False'}]}}", nil),
      ("{status: {conditions: [{type: Suspended, status: 'True'}]}}", nil),
      ("{status: {conditions: [{type: FailureTarget, status: 'True'}, {type: Failed, status: 'True'}]}}", .failed),
    ]
    for (text, phase) in outcomes { #expect(AnalysisJob.outcome(of: try node(text))?.phase == phase, "\(text)") }
    let obstacles: [(String, Bool)] = [
      ("{status: {containerStatuses: [{name: c, state: {waiting: {reason: ContainerCreating}}}]}}", false),
      ("{status: {containerStatuses: [{name: c, state: {waiting: {reason: ErrImagePull, message: m}}}]}}", true),
      ("{status: {initContainerStatuses: [{name: c, state: {waiting: {reason: InvalidImageName}}}]}}", true),
      ("{status: {containerStatuses: [{name: c, state: {running: {}}}]}}", false), ("{}", false),
    ]
    for (text, isOne) in obstacles {
      #expect((AnalysisJob.obstacle(in: [.null, try node(text)]) != nil) == isOne, "\(text)")
    }
    #expect(
      AnalysisJob.podSelector(of: try node("{spec: {selector: {matchLabels: {a: x, b: y}}}}")) == "a=x,b=y")
    #expect(AnalysisJob.podSelector(of: try node("{spec: {}}")) == nil)
    #expect(AnalysisJob.delay(after: -5) == 1 && AnalysisJob.delay(after: 200) == 20)
  }
}
