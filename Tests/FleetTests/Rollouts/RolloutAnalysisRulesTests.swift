import Manifest
import Testing

@testable import Fleet

/// Analyses that cannot be run are told before anything is rolled out.
@Suite struct RolloutAnalysisRulesTests {
  private static let strategies: [(strategy: String, place: String, isBackground: Bool)] = [
    (
      #"{"canary": {"steps": [{"analysis": {"templates": [{"templateName": "errors"}]}}]}}"#,
      "spec.strategy.canary.steps[0].analysis.templates", false
    ),
    (
      #"{"canary": {"analysis": {"templates": [{"templateName": "errors"}]}}}"#,
      "spec.strategy.canary.analysis.templates", true
    ),
    (
      #"{"blueGreen": {"activeService": "active", "prePromotionAnalysis": {"templates": [{"templateName": "errors"}]}}}"#,
      "spec.strategy.blueGreen.prePromotionAnalysis.templates", false
    ),
    (
      #"{"blueGreen": {"activeService": "active", "postPromotionAnalysis": {"templates": [{"templateName": "errors"}]}}}"#,
      "spec.strategy.blueGreen.postPromotionAnalysis.templates", false
    ),
  ]

  private func template(_ name: String, _ metric: String, rest: String = "", isClusterScoped: Bool = false) throws
    -> Node
  {
    try JSON.parse(
      Array(
        """
        {"apiVersion": "argoproj.io/v1alpha1", "kind": "\(isClusterScoped ? "Cluster" : "")AnalysisTemplate",
         "metadata": {"name": "\(name)"}, "spec": {\(rest) "metrics": [{"name": "rate", \(metric)
          "provider": {"web": {"url": "http://m"}}}]}}
        """.utf8))
  }

  private func world(_ strategy: String, _ templates: [Node]) throws -> RolloutWorld {
    var world = try RolloutWorld(RolloutWorld.spec(strategy: strategy))
    world.templates = try templates.map {
      try #require(AnalysisManifest.read($0, file: "t", isLive: true)).get()
    }
    world.services["active"] = try JSON.parse(
      Array(#"{"metadata": {"name": "active"}, "spec": {"selector": {"app": "web"}}}"#.utf8))
    return world
  }

  @Test func whatIsWaitedForHasToEnd() throws {
    let table: [(metric: String, rest: String, count: String?)] = [
      (#""interval": "10s","#, "", "<nil>"),
      (#""interval": "10s", "count": 0,"#, "", "0"),
      (#""interval": "10s", "count": 3,"#, "", nil),
      ("", "", nil),
      (
        #""interval": "10s", "count": "{{args.count}}","#, #""args": [{"name": "count", "value": "0"}],"#,
        "{{args.count}}"
      ),
      (#""interval": "10s", "count": "{{args.count}}","#, #""args": [{"name": "count", "value": "2"}],"#, nil),
    ]
    for (strategy, place, isBackground) in Self.strategies {
      for (metric, rest, count) in table {
        var world = try world(strategy, [template("errors", metric, rest: rest)])
        try world.settle()
        guard let count, !isBackground else {
          #expect(world.status.phase == .healthy, "\(strategy) \(metric): \(world.status.message)")
          continue
        }
        let words =
          "\(place): Invalid value: \"errors\": AnalysisTemplate errors has metric rate which runs indefinitely. "
          + "Invalid value for count: \(count)"
        #expect(world.status.message.hasSuffix(words), "\(world.status.message)")
        #expect(world.sets.isEmpty)
      }
    }
  }

  @Test func templatesInTemplatesCountToo() throws {
    let outer = try template(
      "errors", #""count": 1,"#, rest: #""templates": [{"templateName": "shared", "clusterScope": true}],"#)
    let strategy = Self.strategies[0].strategy
    var world = try world(strategy, [outer])
    try world.settle()
    #expect(world.status.message.hasSuffix("ClusterAnalysisTemplate 'shared' not found"), "\(world.status.message)")
    world.unreadable[.clusterTemplate] = "clusteranalysistemplates is forbidden"
    try world.settle()
    #expect(
      world.status.message.hasSuffix(
        "may not read the ClusterAnalysisTemplates of the cluster: clusteranalysistemplates is forbidden"))
    world.unreadable = [:]
    world.brokenTemplates[.init(name: "shared", isClusterScoped: true)] = "no metrics are specified"
    try world.settle()
    #expect(world.status.message.hasSuffix("ClusterAnalysisTemplate shared: no metrics are specified"))
    world.brokenTemplates = [:]
    let inner = try template("shared", #""interval": "1s","#, isClusterScoped: true)
    world.templates.append(try #require(AnalysisManifest.read(inner, file: "t")).get())
    try world.settle()
    #expect(world.status.message.contains("AnalysisTemplate shared has metric rate which runs indefinitely"))
  }

  @Test func whoNeedsNoAnalysesWaitsForNone() throws {
    let reasons: [AnalysisManifest.Kind: String] = [.run: "no", .template: "no", .clusterTemplate: "no"]
    var plain = try world(#"{"canary": {}}"#, [])
    plain.unreadable = reasons
    try plain.settle()
    #expect(plain.status.phase == .healthy)
    var analysed = try world(Self.strategies[0].strategy, [template("errors", "")])
    analysed.unreadable = reasons
    try analysed.settle()
    #expect(analysed.status.phase == .degraded)
    #expect(analysed.status.message.contains("Muster may not read the AnalysisRuns of the cluster: no"))
    analysed.unreadable = [.clusterTemplate: "no"]
    try analysed.settle()
    #expect(analysed.status.phase == .healthy, "it refers to none of these")
  }

  /// A server has taken it: a later version's fields, and conditions that are no expressions.
  @Test func whatAServerTookIsReadLeniently() throws {
    let node = try template("errors", #""successCondition": "result <", "colour": "red","#)
    #expect(try #require(AnalysisManifest.read(node, file: "t")).value == nil)
    let template = try #require(AnalysisManifest.read(node, file: "t", isLive: true)).get()
    let metric = try Metric(try #require(template.spec.metrics.first), arguments: [:], file: "t")
    #expect(metric.successCondition == "result <")
    #expect(throws: ExprError.self) { try MetricCondition(metric.successCondition) }
  }

  @Test func antiAffinityIsRefusedInBothStrategies() throws {
    let rule = #""antiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {}}"#
    for (strategy, place) in [
      (#"{"canary": {\#(rule)}}"#, "canary"), (#"{"blueGreen": {"activeService": "active", \#(rule)}}"#, "blueGreen"),
    ] {
      var world = try world(strategy, [])
      try world.settle()
      #expect(
        world.status.message.contains("spec.strategy.\(place).antiAffinity: Forbidden"), "\(world.status.message)")
    }
  }
}
