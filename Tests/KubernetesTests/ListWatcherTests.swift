import HTTPClient
import Kubernetes
import Manifest
import Synchronization
import Testing

private func client(_ transport: ScriptedTransport, credentials: any CredentialsProvider = StaticCredentials.none)
  -> KubernetesClient
{
  KubernetesClient(
    access: ClusterAccess(server: "https://s", endpoint: HTTPEndpoint(), credentials: credentials),
    transport: transport, userAgent: "muster/test")
}

private func list(_ names: [String], version: String, token: String = "") -> String {
  let items = names.map { #"{"metadata":{"name":"\#($0)","resourceVersion":"\#(version)"}}"# }.joined(separator: ",")
  return
    #"{"kind":"ConfigMapList","metadata":{"resourceVersion":"\#(version)","continue":"\#(token)"},"items":[\#(items)]}"#
}

private func event(_ type: String, _ name: String, _ version: Int) -> String {
  #"{"type":"\#(type)","object":{"metadata":{"name":"\#(name)","resourceVersion":"\#(version)"}}}"# + "\n"
}

struct ListWatcherTests {
  /// Runs over a script until it is used up.
  private func outputs(_ replies: [ScriptedTransport.Reply]) async -> (outputs: [String], targets: [String]) {
    let transport = ScriptedTransport(replies)
    let watcher = ListWatcher(client(transport), .init(.configMaps, labelSelector: "a"), seed: 1, sleep: { _ in })
    var outputs: [String] = []
    struct Done: Error {}
    do {
      try await watcher.run { output in
        switch output {
        case .replaceAll(let items): outputs.append("all " + items.map(\.key.name).joined(separator: ","))
        case .upsert(let item): outputs.append("+" + item.key.name)
        case .delete(let item): outputs.append("-" + item.key.name)
        case .synced: outputs.append("synced")
        case .interrupted(.transport(.closed)): throw Done()
        case .interrupted(let why): outputs.append("! " + why.failure(subject: "c", stage: "watch").code)
        }
      }
    } catch {}
    let targets = transport.targets.map { String($0.prefix { $0 != "&" }) }
    return (outputs, targets)
  }

  @Test func eventsInAnyCutsAreDelivered() async {
    let text = event("ADDED", "b", 11) + event("MODIFIED", "a", 12) + event("DELETED", "b", 13)
    let bytes = Array(text)
    for size in [1, 7, 64, 10_000] {
      let parts = stride(from: 0, to: bytes.count, by: size).map { String(bytes[$0..<min($0 + size, bytes.count)]) }
      let (outputs, _) = await outputs([.answer(status: 200, body: list(["a"], version: "10")), .stream(parts: parts)])
      #expect(outputs == ["all a", "synced", "+b", "+a", "-b"], "\(size)")
    }
  }

  @Test func faultsEndInAListOrAResumedWatch() async {
    let listed = ScriptedTransport.Reply.answer(status: 200, body: list(["a"], version: "10"))
    let gone = #"{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}"# + "\n"
    let cases: [(String, ScriptedTransport.Reply, [String])] = [
      ("410 in the stream", .stream(parts: [gone]), []), ("410 as status", .answer(status: 410, body: "{}"), []),
      (
        "cut", .stream(parts: [event("ADDED", "b", 11), "{\"type\":"], breaks: .disconnected(reason: "cut")),
        ["synced", "+b", "! cluster.disconnected"]
      ),
      ("garbage", .stream(parts: ["<html>\n"]), ["synced", "! cluster.unreadable"]),
      ("silence", .stream(parts: [], breaks: .deadline(.idle, seconds: 120)), ["synced", "! cluster.silent"]),
      ("slow header", .fails(.deadline(.firstByte, seconds: 30)), ["! cluster.timeout"]),
      ("busy", .answer(status: 500, body: ""), ["! cluster.error"]),
      ("too long", .stream(parts: [String(repeating: "x", count: 9 << 20)]), ["synced", "! cluster.unreadable"]),
    ]
    for (name, reply, between) in cases {
      let (outputs, targets) = await outputs([listed, reply, listed])
      let opened = name.hasPrefix("410 in") ? ["synced"] : []
      #expect(outputs == ["all a"] + opened + between + ["all a"], "\(name): \(outputs)")
      #expect(targets.prefix(3).last == "GET /api/v1/configmaps?labelSelector=a", "\(name): \(targets)")
    }
  }

  @Test func recordedWatchesAreUnderstood() async throws {
    for exchange in try Recordings.exchanges() where !exchange.events.isEmpty {
      for recorded in exchange.events {
        let event = try WatchEvent(line: JSON.write(recorded), limits: TextLimits())
        switch (recorded["type"]?.string, event) {
        case ("ADDED", .upserted), ("MODIFIED", .upserted), ("DELETED", .deleted), ("BOOKMARK", .bookmark),
          ("ERROR", .error):
          break
        default: Issue.record("\(event)")
        }
      }
    }
  }

  @Test func linesAreBounded() throws {
    var lines = JSONLines(limit: 4)
    #expect(try lines.add(Array("ab\ncd".utf8)).map { String(decoding: $0, as: UTF8.self) } == ["ab"])
    #expect(try lines.add(Array("ef\n\n".utf8)).map { String(decoding: $0, as: UTF8.self) } == ["cdef"])
    #expect(throws: JSONLines.TooLong(limit: 4)) { try lines.add(Array("12345".utf8)) }
  }
}

/// Gives another token after each refusal.
private final class Renewing: CredentialsProvider {
  let issued = Mutex(1)
  func authorization() async throws -> Redacted<String>? { Redacted("Bearer t\(issued.withLock { $0 })") }
  func refused(_ header: Redacted<String>?) async -> Bool {
    issued.withLock { $0 += 1 }
    return true
  }
}

/// Counts what runs at once.
private final class Gauge: Sendable {
  let running = Mutex((now: 0, most: 0))
}

struct KubernetesClientTests {
  private static let unauthorized = ScriptedTransport.Reply.answer(
    status: 401, body: #"{"kind":"Status","message":"Unauthorized","reason":"Unauthorized","code":401}"#)

  @Test func aRefusedTokenIsRenewedOnce() async throws {
    let transport = ScriptedTransport([Self.unauthorized, .answer(status: 200, body: #"{"gitVersion":"v1.36.0"}"#)])
    #expect(try await client(transport, credentials: Renewing()).version() == "v1.36.0")
    let sent = transport.requests.compactMap { $0.headers.first { $0.name == "Authorization" }?.value }
    #expect(sent == ["Bearer t1", "Bearer t2"])
    let again = ScriptedTransport([Self.unauthorized, Self.unauthorized])
    await #expect(throws: APIError.self) { try await client(again, credentials: Renewing()).version() }
    #expect(again.requests.count == 2)
  }

  @Test func aTokenThatRanOutIsCalledSo() async throws {
    let claims = Base64.encode(Array(#"{"exp":12}"#.utf8)).filter { $0 != "=" }
    let credentials = StaticCredentials(bearerToken: Redacted("a.\(claims).b"))
    // By whatever it is found out: a request, discovery, a watch.
    let ways: [@Sendable (KubernetesClient) async throws -> Void] = [
      { _ = try await $0.version() }, { _ = try await $0.discover() },
      { _ = try await $0.stream(.version, idle: 1, maximumUnread: 1 << 16) },
    ]
    for way in ways {
      do {
        try await way(client(ScriptedTransport([Self.unauthorized]), credentials: credentials))
        Issue.record("accepted")
      } catch {
        let failure = KubernetesClient.failure(from: error, subject: "cluster x", stage: "connect")
        #expect(failure.code == "cluster.credentials-expired")
        #expect(failure.message == "Unauthorized: the token expired at 1970-01-01T00:00:12Z")
      }
    }
  }

  @Test func pagesMakeOneListAndExpiredOnesAreAskedForInOne() async throws {
    let expired = ScriptedTransport.Reply.answer(status: 410, body: #"{"kind":"Status","reason":"Expired","code":410}"#)
    let transport = ScriptedTransport([
      .answer(status: 200, body: list(["a"], version: "5", token: "t")), expired,
      .answer(status: 200, body: list(["a", "b"], version: "6")),
    ])
    let all = try await client(transport).list(.configMaps, namespace: "n")
    #expect(all.items.map(\.key.name) == ["a", "b"])
    #expect(transport.targets.last == "GET /api/v1/namespaces/n/configmaps")
  }

  @Test func anApplySaysWhatHappened() async throws {
    let transport = ScriptedTransport([
      .answer(
        status: 201, headers: [HTTPHeader("Warning", #"299 - "unknown field \"x\"""#)],
        body: #"{"kind":"ConfigMap","metadata":{"name":"x"}}"#)
    ])
    let applied = try await client(transport).apply(.configMaps, namespace: "n", name: "x", body: [:], manager: "m")
    #expect(applied.wasCreated)
    #expect(applied.warnings == [#"unknown field \"x\""#])
  }

  @Test func absenceIsNoError() async throws {
    let missing = ScriptedTransport.Reply.answer(
      status: 404, body: #"{"kind":"Status","reason":"NotFound","code":404}"#)
    let client = client(ScriptedTransport([missing, missing]))
    #expect(try await client.get(.configMaps, namespace: "n", name: "x") == nil)
    #expect(try await client.delete(.configMaps, namespace: "n", name: "x") == false)
  }

  @Test func onlySoManyRequestsRunAtOnceAndCancelledOnesLeave() async throws {
    let width = RequestWidth(2)
    let gauge = Gauge()
    await withTaskGroup(of: Void.self) { group in
      for index in 0..<200 {
        group.addTask {
          try? await width.run {
            gauge.running.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
            await Task.yield()
            gauge.running.withLock { $0.now -= 1 }
          }
        }
        if index == 150 { group.cancelAll() }
      }
    }
    #expect(gauge.running.withLock { $0.now } == 0)
    #expect(gauge.running.withLock { $0.most } <= 2)
    #expect(try await width.run { 1 } == 1)
  }

  /// Whoever waits for a turn does so within the request's deadline, and what it waited is told to the transport.
  @Test func waitingForATurnCounts() async throws {
    let width = RequestWidth(1)
    let (turns, ended) = AsyncStream<Void>.makeStream()
    let (entered, enters) = AsyncStream<Void>.makeStream()
    let holder = Task {
      try await width.run {
        enters.yield()
        for await _ in turns { break }
      }
    }
    for await _ in entered { break }
    await #expect(throws: TransportError.deadline(.total, seconds: 0.05)) {
      try await width.run(limit: 0.05) { Issue.record("ran out of its turn") }
    }
    let waiter = Task { try await width.run(limit: 3600) { Issue.record("ran though cancelled") } }
    waiter.cancel()
    await #expect(throws: CancellationError.self) { try await waiter.value }
    ended.yield()
    try await holder.value
    #expect(try await width.run(limit: 0) { 1 } == 1, "a free turn needs no waiting")
  }
}
