import Kustomize
import Manifest

/// What helm made of plans, each run once for however many ask, by digest and by the version of helm.
actor HelmRenders {
  private struct Key: Hashable {
    var digest: String
    var version: String
  }

  private struct Entry {
    var result: Result<Rendering, Diagnostics>
    /// After it, what was read from elsewhere is read again.
    var end: ContinuousClock.Instant?
    var identity: UInt64
    var cost: Int
    var lastUse: UInt64
  }

  private let runner: HelmRunner
  private var entries: [Key: Entry] = [:]
  private var flights: [Key: Task<Rendered<Rendering>, any Error>] = [:]
  private var versionFlight: Task<String, any Error>?
  private var version: (text: String, until: ContinuousClock.Instant)?
  private var counter: UInt64 = 0
  private var cost = 0
  private(set) var runs = 0

  private static let maximumCost = 256 << 20
  private static let maximumCount = 5_000
  /// How long helm is believed to be the one it was.
  private static let versionSeconds = 300.0

  init(_ runner: HelmRunner) { self.runner = runner }

  /// - Throws: ``Diagnostics`` `helm.template-failed`, …, from before too; ``Failure`` `helm.…`.
  func rendering(_ plan: HelmPlan, _ joined: any FileTree) async throws -> Rendered<Rendering> {
    let key = Key(digest: plan.digest, version: try await version(for: plan))
    counter += 1
    if let known = entries[key], known.end.map({ $0 > .now }) ?? true {
      entries[key]?.lastUse = counter
      return Rendered(output: try known.result.get(), identity: known.identity)
    }
    return try await flight(key, plan, joined).waiting()
  }

  private func version(for plan: HelmPlan) async throws -> String {
    if let version, version.until > .now { return version.text }
    if let versionFlight { return try await versionFlight.waiting() }
    let (runner, need) = (runner, "'\(plan.display)' is a chart")
    // Shared by all who wait for it, so it is no child of one of them.
    let task = Task {
      defer { versionFlight = nil }
      let text = try await runner.version(need: need)
      version = (text, .now + .seconds(Self.versionSeconds))
      return text
    }
    versionFlight = task
    return try await task.waiting()
  }

  private func flight(
    _ key: Key, _ plan: HelmPlan, _ joined: any FileTree
  ) -> Task<Rendered<Rendering>, any Error> {
    if let running = flights[key] { return running }
    // Shared by all who wait for it, so it is no child of one of them.
    let task = Task {
      defer { flights[key] = nil }
      return try await render(key, plan, joined)
    }
    flights[key] = task
    return task
  }

  private func render(_ key: Key, _ plan: HelmPlan, _ joined: any FileTree) async throws -> Rendered<Rendering> {
    runs += 1
    let result: Result<Rendering, Diagnostics>
    do {
      result = .success(try await runner.template(plan, joined))
    } catch let diagnostics as Diagnostics {
      result = .failure(diagnostics)
    } catch let diagnostic as Diagnostic {
      result = .failure(Diagnostics(diagnostic))
    }
    let identity = remember(key, plan, result)
    return Rendered(output: try result.get(), identity: identity)
  }
}

extension HelmRenders {
  private func remember(_ key: Key, _ plan: HelmPlan, _ result: Result<Rendering, Diagnostics>) -> UInt64 {
    counter += 1
    let size = ((try? result.get())?.documents.count ?? 0) * 4_096 + 1_024
    let identity = Self.identity(of: key, plan, counter)
    if let old = entries[key] { cost -= old.cost }
    entries[key] = Entry(
      result: result,
      end: plan.readsRemoteFiles ? .now + .seconds(runner.settings.freshSeconds) : nil,
      identity: identity, cost: size, lastUse: counter)
    cost += size
    if cost > Self.maximumCost || entries.count > Self.maximumCount { shrink() }
    return identity
  }

  /// Renderings are numbered from the other end, so that none is taken for one of a render cache.
  private static func identity(of key: Key, _ plan: HelmPlan, _ counter: UInt64) -> UInt64 {
    var hasher = ContentHasher()
    hasher.add(key.digest)
    hasher.add(key.version)
    if plan.readsRemoteFiles { hasher.add(counter) }
    return hasher.digest.high | 1 << 63
  }

  /// Down to nine tenths, so that it is rare.
  private func shrink() {
    for (key, entry) in entries.sorted(by: { $0.value.lastUse < $1.value.lastUse }) {
      guard cost > Self.maximumCost / 10 * 9 || entries.count > Self.maximumCount / 10 * 9 else { return }
      cost -= entry.cost
      entries[key] = nil
    }
  }
}
