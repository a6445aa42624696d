import ArgumentParser
import Foundation
import HTTPClient
import Kubernetes
import Manifest

/// Where the hub is, and who we are there.
struct HubOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The hub's address; else MUSTER_HUB, else http://127.0.0.1:8420.", valueName: "url"))
  var hub: String?

  @Option(
    help: ArgumentHelp(
      "The hub's data directory on this machine, where its token is; else MUSTER_DATA.", valueName: "dir"))
  var data: String?

  @Option(
    help: ArgumentHelp(
      "PEM file of the authorities of an https hub; else MUSTER_HUB_CA, else the system's.", valueName: "file"))
  var ca: String?

  @Flag(help: "Sends the token over plain HTTP to another machine.")
  var insecureHttp = false

  /// - Throws: ``CommandError`` when there is no token to be found, or where it may not be sent.
  func client() throws -> HubClient {
    let environment = ProcessInfo.processInfo.environment
    let given = hub ?? environment["MUSTER_HUB"] ?? "http://127.0.0.1:8420"
    let url = try HubAddress.checked(given, allowsPlainHTTP: insecureHttp)
    guard let token = environment["MUSTER_TOKEN"] ?? localToken(url, environment), !token.isEmpty else {
      throw CommandError.message(
        "no hub of yours is known at \(url), and there is no token for another",
        help: "start one with 'muster hub', or set MUSTER_TOKEN, or give --data, the hub's data directory",
        exit: .unreachable)
    }
    return HubClient(url: url, token: Redacted(token), trust: try trust(environment))
  }

  private func trust(_ environment: [String: String]) throws -> HTTPEndpoint.Trust {
    guard let path = ca ?? environment["MUSTER_HUB_CA"], !path.isEmpty else { return .system }
    return .authorities(pem: try InputFile.read(path))
  }

  /// The token that the hub left in its data directory, wherever that is said to be.
  private func localToken(_ url: String, _ environment: [String: String]) -> String? {
    let remembered = LocalHub(environment: environment)?.dataDirectory(of: url)
    guard let directory = data ?? environment["MUSTER_DATA"] ?? remembered else { return nil }
    // Who may not read it has no token, and is told so.
    return try? String(contentsOfFile: directory + "/api-token", encoding: .utf8)
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

/// Asks the hub's API.
struct HubClient {
  let url: String
  let token: Redacted<String>
  let trust: HTTPEndpoint.Trust

  func get(_ path: String) async throws -> Node { try await send("GET", path, nil) }

  func delete(_ path: String) async throws -> Node { try await send("DELETE", path, nil) }

  func post(_ path: String, _ body: Value = [:]) async throws -> Node {
    try await send("POST", path, JSON.write(Node(body)))
  }

  /// What to do about a name that nobody knows.
  static func hint(_ name: String, among names: [String], list: String) -> String {
    NearestName.of(name, among: names).map { "did you mean '\(Visible.text($0))'?" } ?? list
  }

  /// The registered cluster of that name.
  func cluster(_ name: String) async throws -> Node {
    let items = try await get("clusters")["items"]?.sequence ?? []
    if let item = items.first(where: { $0["name"]?.string == name }) { return item }
    throw CommandError.message(
      "no cluster is named '\(Visible.text(name))'",
      help: Self.hint(name, among: items.compactMap { $0["name"]?.string }, list: "muster cluster list"), exit: .usage)
  }

  private static let collections = [
    "applications": ("application", "muster app list"), "applicationsets": ("applicationset", "muster appset list"),
    "clusters": ("cluster", "muster cluster list"),
  ]

  /// Names what was probably meant, for a path `COLLECTION/NAME…` whose name the hub does not know.
  private func unknownName(_ path: String) async -> CommandError? {
    let parts = path.split(separator: "?")[0].split(separator: "/")
    guard parts.count >= 2, let (kind, list) = Self.collections[String(parts[0])],
      let items = try? await get(String(parts[0]))["items"]?.sequence
    else { return nil }
    let names = items.compactMap { $0["name"]?.string }
    let name = parts[1].removingPercentEncoding ?? String(parts[1])
    guard !names.contains(name) else { return nil }
    return .message(
      "no \(kind) is named '\(Visible.text(name))'", help: Self.hint(name, among: names, list: list), exit: .usage)
  }

  private static func help(_ error: any Error) -> String {
    if case TransportError.tls = error { return "--ca takes the PEM file of whoever signed the hub's certificate" }
    return "is it running? start it with 'muster hub', or say where it is with --hub or MUSTER_HUB"
  }

  private func send(_ method: String, _ path: String, _ body: [UInt8]?) async throws -> Node {
    let transport = try CurlTransport()
    defer { transport.shutdown() }
    var headers = [HTTPHeader("Authorization", "Bearer " + token.reveal()), HTTPHeader("Accept", "application/json")]
    if body != nil { headers.append(HTTPHeader("Content-Type", "application/json")) }
    let response: HTTPResponse
    do {
      response = try await transport.send(
        HTTPRequest(
          method: method, url: url + "/api/v1/" + path, headers: headers, body: body,
          endpoint: HTTPEndpoint(trust: trust)))
    } catch {
      let reason = KubernetesClient.failure(from: error, subject: "hub", stage: "ask").message
      throw CommandError.message(
        "the hub at \(url) does not answer: \(Visible.text(reason))", help: Self.help(error), exit: .unreachable)
    }
    guard (200..<300).contains(response.head.status) else {
      throw await refusal(response, path)
    }
    guard let answer = HubAnswer.read(response.body, method, path) else { throw noHub(response.head.status) }
    return answer
  }

  private func refusal(_ response: HTTPResponse, _ path: String) async -> CommandError {
    let status = response.head.status
    guard let problem = HubAnswer.problem(response.body) else { return noHub(status) }
    if status == 404, let unknown = await unknownName(path) { return unknown }
    return .message(
      "the hub answers: \(problem.message)", help: problem.hint,
      exit: [400, 404, 409, 422].contains(status) ? .usage : .unreachable)
  }

  /// A login page, another service, or a proxy whose hub is gone.
  private func noHub(_ status: Int) -> CommandError {
    if [502, 503, 504].contains(status) {
      return .message(
        "the hub at \(url) does not answer: what stands before it says HTTP \(status)",
        help: "is the hub running?", exit: .unreachable)
    }
    return .message(
      "what answers at \(url) is not a Muster hub (HTTP \(status))",
      help: "--hub or MUSTER_HUB name the hub itself, not a page that people log in on", exit: .unreachable)
  }
}
