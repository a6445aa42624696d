import Fleet
import Manifest

/// Expands the ApplicationSets of a fleet, each again only where something that it read has changed.
///
/// What generators ask outside is fetched beside the expansion, never by it: until there is an answer the set is
/// incomplete, and no plugin that hangs holds another set up.
actor SetExpander {
  private struct Memory {
    var expander: ApplicationSetExpander
    var needs: GeneratorNeeds
    var expansions: ExpansionMemory
    var result: ExpandedFleet.SetResult
    var inquiries: Set<Inquiry>
    /// The numbers of the answers that were read.
    var read: [Inquiry: Int]
  }

  private struct Known {
    var answer: OutsideAnswer
    /// Grows when an answer is another than the one before.
    var number: Int
    var askedAt: Double
    var failures: Int
  }

  /// Seconds until a failed question is asked again, and their limit.
  private static let backoff = Backoff(base: 5, factor: 2, maximum: 180, jitter: 0.1)

  private let world: OutsideWorld
  private var memories: [String: Memory] = [:]
  private var answers: [Inquiry: Known] = [:]
  private var underWay: Set<Inquiry> = []
  /// What is to be asked once more when the answer under way is in.
  private var wanted: Set<Inquiry> = []
  private var registry = Registry.empty
  private var objects: [Node] = []
  private var projects: Set<String>?
  private var serial = 0

  init(world: OutsideWorld) { self.world = world }

  // MARK: Expanding

  /// - Returns: the results in the order of `sets`, and what is to be asked by ``ask(_:fresh:)`` and then expanded again.
  func expand(
    _ sets: [ApplicationSet], registry: Registry, objects: [Node], projects: Set<String>?
  ) async -> (results: [ExpandedFleet.SetResult], open: [Inquiry]) {
    let news = RegistryNews(from: self.registry, to: registry)
    let objectsChanged = objects != self.objects
    let projectsChanged = projects != self.projects
    (self.registry, self.objects, self.projects) = (registry, objects, projects)
    var kept: [String: Memory] = [:]
    var results: [ExpandedFleet.SetResult] = []
    for set in sets {
      let key = set.namespace + "/" + set.name
      var memory = memories[key].flatMap { $0.result.set == set ? $0 : nil }
      if let known = memory, !projectsChanged, !news.concerns(known.needs),
        !(objectsChanged && known.needs.readsObjects),
        known.read == numbers(of: known.inquiries)
      {
        kept[key] = known
      } else {
        memory = await expand(set, memory)
        kept[key] = memory
      }
      if let result = kept[key]?.result { results.append(result) }
    }
    memories = kept
    let used = Set(kept.values.flatMap(\.inquiries))
    answers = answers.filter { used.contains($0.key) }
    let open = used.filter { answers[$0] == nil && !underWay.contains($0) }.sorted()
    underWay.formUnion(open)
    return (results, open)
  }

  private var inputs: ExpansionInputs {
    var inputs = ExpansionInputs(
      registry: registry, objects: objects, zones: TimeZones.installed, projects: projects)
    inputs.hasManagementCluster = world.hasManagementCluster
    return inputs
  }

  private func expand(_ set: ApplicationSet, _ memory: Memory?) async -> Memory {
    let expander = memory?.expander ?? ApplicationSetExpander(set)
    let needs = memory?.needs ?? GeneratorNeeds(set)
    var inputs = inputs
    var read: [Inquiry: Int] = [:]
    var expansions = memory?.expansions ?? ExpansionMemory()
    var expansion = Expansion(applications: Answer([]), inquiries: memory?.inquiries ?? [])
    // Every round gives what is known of what the one before asked.
    repeat {
      for inquiry in expansion.inquiries where read[inquiry] == nil {
        read[inquiry] = answers[inquiry]?.number
        answers[inquiry]?.answer.give(to: &inputs, for: inquiry)
      }
      (expansion, expansions) = await run(expander, inputs, expansions, set)
    } while expansion.inquiries.contains { read[$0] == nil && answers[$0] != nil }
    serial += 1
    return Memory(
      expander: expander, needs: needs, expansions: expansions,
      result: .init(
        set: set, answer: expansion.applications, parameterSets: expansion.parameterSets, serial: serial),
      inquiries: expansion.inquiries, read: read.filter { expansion.inquiries.contains($0.key) })
  }

  /// Trees are read from git's objects, which may wait: not on the cooperative pool.
  private func run(
    _ expander: ApplicationSetExpander, _ inputs: ExpansionInputs, _ memory: ExpansionMemory, _ set: ApplicationSet
  ) async -> (Expansion, ExpansionMemory) {
    do {
      return try await RenderThreads.shared.run {
        var memory = memory
        let expansion = expander.expand(inputs, &memory)
        return (expansion, memory)
      }
    } catch {
      let failure = Failure(
        "generator.stopped", subject: "applicationset \(set.name)", stage: "generate", "the hub stops", retry: .backOff)
      return (Expansion(applications: Answer([], failures: [failure])), memory)
    }
  }

  /// Why a set expands to what it does, from what is known now; nil for a set that was not expanded.
  func explain(_ set: ApplicationSet, cluster: Cluster?) async throws -> SetExplanation? {
    guard let memory = memories[set.namespace + "/" + set.name] else { return nil }
    var inputs = inputs
    for inquiry in memory.inquiries { answers[inquiry]?.answer.give(to: &inputs, for: inquiry) }
    let known = inputs
    return try await RenderThreads.shared.run { memory.expander.explain(known, cluster: cluster) }
  }

  private func numbers(of inquiries: Set<Inquiry>) -> [Inquiry: Int] {
    var numbers: [Inquiry: Int] = [:]
    for inquiry in inquiries { numbers[inquiry] = answers[inquiry]?.number }
    return numbers
  }

  // MARK: Asking

  /// Asks the world; what was known stays until there is an answer.
  /// - Returns: whether the answer is another than before.
  func ask(_ inquiry: Inquiry, fresh: Bool) async -> Bool {
    underWay.insert(inquiry)
    var answer = await world.ask(inquiry, fresh: fresh)
    while wanted.remove(inquiry) != nil {
      // Cancelled where the hub stops: the answer counts as it is.
      guard (try? await Task.sleep(for: .seconds(Self.spacing))) != nil else { break }
      answer = await world.ask(inquiry, fresh: true)
    }
    underWay.remove(inquiry)
    let before = answers[inquiry]
    let isNew = before.map { !answer.isSame(as: $0.answer) } ?? true
    answers[inquiry] = Known(
      answer: answer, number: (before?.number ?? 0) + (isNew ? 1 : 0), askedAt: Seconds.now,
      failures: answer.failure == nil ? 0 : (before?.failures ?? 0) + 1)
    return isNew
  }

  /// What is asked about the pull requests of a repository of these names: whoever takes it waits, and asks it.
  ///
  /// A service is asked for them at most once a second, and not before the time that it has asked for itself.
  func takePullRequests(
    of names: Set<RepositoryName>, now: Double
  ) -> (inquiries: [(inquiry: Inquiry, delay: Double)], sets: Int) {
    var found: Set<Inquiry> = []
    var sets = 0
    for memory in memories.values {
      let meant = memory.inquiries.filter { inquiry in
        guard case .web(let request) = inquiry, let repository = request.pullRequestsOf else { return false }
        return names.contains(repository)
      }
      if !meant.isEmpty { sets += 1 }
      found.formUnion(meant)
    }
    var taken: [(Inquiry, Double)] = []
    for inquiry in found.sorted() {
      if underWay.contains(inquiry) {
        wanted.insert(inquiry)
      } else if let known = answers[inquiry] {
        if case .after(let seconds)? = known.answer.failure?.retry, known.askedAt + seconds > now { continue }
        underWay.insert(inquiry)
        taken.append((inquiry, max(0, known.askedAt + Self.spacing - now)))
      }
    }
    return (taken, sets)
  }

  /// Seconds between two looks that webhooks ask for.
  private static let spacing = 1.0

  /// What is asked of the repositories with these identities.
  func inquiries(into identities: Set<String>) -> [Inquiry] {
    answers.keys.filter { inquiry in
      guard case .repository(let url, _) = inquiry, let identity = (try? GitURL(url))?.identity else { return false }
      return identities.contains(identity)
    }.sorted()
  }

  /// The repositories that generators read.
  var repositories: Set<GitURL> {
    Set(
      answers.keys.compactMap { inquiry in
        if case .repository(let url, _) = inquiry { try? GitURL(url) } else { nil }
      })
  }

  /// What is to be asked again by the clock; whoever takes it asks it.
  func takeOverdue(now: Double) -> [Inquiry] {
    let due = times.filter { $0.value <= now }.keys.sorted()
    underWay.formUnion(due)
    return due
  }

  /// When something is overdue next; nil for never.
  var nextTime: Double? { times.values.min() }

  private var times: [Inquiry: Double] {
    var times: [Inquiry: Double] = [:]
    for memory in memories.values {
      for inquiry in memory.inquiries where !underWay.contains(inquiry) {
        guard let known = answers[inquiry], let wait = Self.wait(inquiry, known, memory.needs) else { continue }
        times[inquiry] = min(times[inquiry] ?? .infinity, known.askedAt + wait)
      }
    }
    return times
  }

  /// Nobody tells of changes in the management cluster: it is read again as often as Argo CD does, at the least.
  private static let controlInterval = 180.0

  private static func wait(_ inquiry: Inquiry, _ known: Known, _ needs: GeneratorNeeds) -> Double? {
    guard let failure = known.answer.failure else {
      if case .control = inquiry { return needs.requeueInterval ?? controlInterval }
      return needs.requeueInterval
    }
    if case .after(let seconds) = failure.retry { return seconds }
    return backoff.delay(afterFailures: known.failures, random: 0.5)
  }
}
