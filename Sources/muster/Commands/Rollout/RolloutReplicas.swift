import ArgumentParser
import Fleet
import Manifest

/// `muster rollout replicas`: the arithmetic of canaries.
struct RolloutReplicas: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replicas",
    abstract: "Tells how many replicas a canary has, row by row.",
    discussion: """
      Rows are JSON objects, one a line, with a "kind": target (replicas, weight, maxSurge), reconcile (one pass: also \
      maxUnavailable, canarySpec, canaryAvailable, stableSpec, stableAvailable, olderSpec), walk (passes until nothing \
      changes, with all replicas available at once; from canarySpec and stableSpec, or from the stable version alone) or \
      routed (with a traffic router: dynamicStableScale, minPodsPerReplicaSet, canaryScale). The answer is {"canary": n, \
      "stable": n}, of a walk {"trace": [[canary, stable], ...]}, or {"error": "..."}.
      """)

  @Flag(help: "Rows on standard input, answers on standard output.")
  var jsonl = false

  func validate() throws {
    guard jsonl else { throw ValidationError("give --jsonl: rows are read from standard input") }
  }

  func run() throws {
    try JSONLines.answer { row in
      do throws(RowProblem) {
        return try ReplicaRow(row).answer()
      } catch {
        return ["error": .string(error.message)]
      }
    }
  }
}

/// One question.
private struct ReplicaRow {
  private let row: Node
  private let replicas: Int
  private let weight: Int

  init(_ row: Node) throws(RowProblem) {
    self.row = row
    replicas = try Self.number(row, "replicas") ?? 1
    weight = try Self.number(row, "weight") ?? 0
    guard weight <= 100 else { throw RowProblem("a weight is between 0 and 100") }
  }

  func answer() throws(RowProblem) -> Mapping {
    switch row["kind"]?.string ?? "target" {
    case "target":
      return Self.shown(
        .target(replicas: replicas, weight: weight, maxSurge: try fenceposts().maxSurge))
    case "reconcile": return Self.shown(try pass().next)
    case "walk": return try walk()
    case "routed": return Self.shown(try routed().target)
    default: throw RowProblem("a kind is target, reconcile, walk or routed")
    }
  }

  private func fenceposts() throws(RowProblem) -> Fenceposts {
    Fenceposts(
      maxSurge: try amount("maxSurge"), maxUnavailable: try amount("maxUnavailable"), replicas: replicas)
  }

  private func amount(_ field: String) throws(RowProblem) -> Fenceposts.Amount {
    guard let node = row[field], !node.isNull else { return .percent(25) }
    if let text = node.string {
      if let number = Int(text), (0...CanaryReplicas.maximumReplicas).contains(number) { return .number(number) }
      guard let amount = Fenceposts.Amount(text) else { throw RowProblem("\(field) is a number or a percentage") }
      return amount
    }
    return .number(try Self.number(row, field) ?? 0)
  }

  private func set(_ name: String) throws(RowProblem) -> ReplicaCount? {
    guard let spec = try Self.number(row, name + "Spec") else { return nil }
    return ReplicaCount(spec: spec, available: try Self.number(row, name + "Available") ?? spec)
  }

  private func pass() throws(RowProblem) -> BasicCanaryPass {
    BasicCanaryPass(
      replicas: replicas, weight: weight, fenceposts: try fenceposts(), canary: try set("canary"),
      stable: try set("stable"), olderSpec: try Self.number(row, "olderSpec") ?? 0)
  }

  private func walk() throws(RowProblem) -> Mapping {
    guard replicas <= 10_000 else { throw RowProblem("a walk has at most 10000 replicas") }
    var pass = try pass()
    pass.canary = pass.canary ?? ReplicaCount(spec: 0, available: 0)
    pass.stable = pass.stable ?? ReplicaCount(spec: replicas, available: replicas)
    var trace: [Node] = []
    // Each pass moves at least one replica; none moves one back.
    for _ in 0..<(replicas * 4 + 4) {
      let next = pass.next
      guard next.canary != pass.canary?.spec || next.stable != pass.stable?.spec else { break }
      trace.append(.sequence([Node(.int(Int64(next.canary))), Node(.int(Int64(next.stable)))]))
      pass.canary = ReplicaCount(spec: next.canary, available: next.canary)
      pass.stable = ReplicaCount(spec: next.stable, available: next.stable)
    }
    return ["trace": .sequence(trace)]
  }

  private func routed() throws(RowProblem) -> RoutedReplicas {
    var routed = RoutedReplicas(replicas: replicas, weight: weight)
    routed.dynamicStableScale = row["dynamicStableScale"]?.bool ?? false
    routed.canaryScale = try Self.number(row, "canaryScale")
    routed.minPodsPerReplicaSet = try Self.number(row, "minPodsPerReplicaSet")
    routed.isAborted = row["abort"]?.bool ?? false
    if let canary = try Self.number(row, "actualCanaryWeight"), let stable = try Self.number(row, "actualStableWeight")
    {
      routed.actual = RoutedReplicas.Weights(canary: canary, stable: stable)
    }
    return routed
  }

  private static func number(_ row: Node, _ field: String) throws(RowProblem) -> Int? {
    guard let node = row[field], !node.isNull else { return nil }
    guard let number = node.int, (0...Int64(CanaryReplicas.maximumReplicas)).contains(number) else {
      throw RowProblem("\(field) is a whole number from 0 to \(CanaryReplicas.maximumReplicas)")
    }
    return Int(number)
  }

  private static func shown(_ replicas: CanaryReplicas) -> Mapping {
    ["canary": Node(.int(Int64(replicas.canary))), "stable": Node(.int(Int64(replicas.stable)))]
  }
}
