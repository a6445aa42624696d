import Foundation
import Manifest

@testable import Simulator

/// Sends the recorded requests of a real API server to a simulated one and compares the answers.
///
/// What differs from run to run (uids, versions, times, tokens, addresses, generated names) is not compared, but
/// remembered, so that later requests that quote it quote ours.
struct RecordingReplay {
  static let flows: [Node] = {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../Recordings/kubernetes-1.36.json")
    guard let data = try? Data(contentsOf: file), let root = try? JSON.parse(Array(data)) else { return [] }
    return root.sequence ?? []
  }()

  private(set) var mismatches: [String] = []
  private var server: APIServer
  private var now = Moment(milliseconds: 1_790_000_000_000)
  /// Recorded text and what stands for it here.
  private var learned: [String: String] = [:]
  private var serviceAccountToken = ""

  init() {
    var options = ServerOptions()
    options.runsPods = false
    server = APIServer(name: "rec", administratorToken: "admin", options: options, startedAt: now)
  }

  /// Exchanges before which the recorder waited for controllers.
  private static let pauses: [String: Duration] = [
    "crd[3]": .milliseconds(200), "adoption-and-release[4]": .milliseconds(500), "applyset[3]": .milliseconds(200),
    "namespace-termination[3]": .seconds(10),
  ]

  // MARK: Playing

  mutating func play(_ flow: Node) {
    let name = flow["flow"]?.string ?? ""
    prepare(name)
    for (index, exchange) in (flow["exchanges"]?.sequence ?? []).enumerated() {
      if let pause = Self.pauses["\(name)[\(index)]"] { pass(pause) }
      let place = "\(name)[\(index)] \(exchange["request"]?["method"]?.string ?? "") "
      play(exchange, place + (exchange["request"]?["path"]?.string ?? ""))
    }
  }

  /// What the recorder did beside the recorded requests.
  private mutating func prepare(_ flow: String) {
    switch flow {
    case "list":
      for number in 0..<7 {
        let tier = number % 2 == 0 ? "cloud" : "edge"
        apply(
          "/api/v1/namespaces/rec/configmaps/page-\(number)",
          #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"labels":{"muster.dev/application":"b","tier":"\#(tier)"}},"data":{"i":"\#(number)"}}"#
        )
      }
    case "rbac-token":
      let group = "rbac.authorization.k8s.io"
      apply(
        "/apis/\(group)/v1/clusterroles/muster-rec",
        #"{"apiVersion":"\#(group)/v1","kind":"ClusterRole","rules":[{"apiGroups":[""],"resources":["configmaps"],"verbs":["get","list","watch"]}]}"#
      )
      apply(
        "/apis/\(group)/v1/clusterrolebindings/muster-rec",
        #"{"apiVersion":"\#(group)/v1","kind":"ClusterRoleBinding","roleRef":{"apiGroup":"\#(group)","kind":"ClusterRole","name":"muster-rec"},"subjects":[{"kind":"ServiceAccount","name":"muster-manager","namespace":"rec"}]}"#
      )
    default: break
    }
  }

  private mutating func apply(_ path: String, _ body: String) {
    let answer = send(
      "PATCH", path + "?fieldManager=muster&force=true", contentType: "application/apply-patch+yaml",
      body: Array(body.utf8))
    if answer.status >= 300 { mismatches.append("preparing \(path): \(String(decoding: answer.body, as: UTF8.self))") }
  }

  private mutating func pass(_ duration: Duration) {
    let end = now + duration
    while let next = server.nextDeadline, next <= end {
      now = max(now, next)
      server.advance(to: now)
    }
    now = end
    server.advance(to: now)
  }

  private mutating func send(
    _ method: String, _ target: String, accept: String = "application/json", contentType: String = "",
    token: String? = "admin", body: [UInt8] = []
  ) -> APIAnswer {
    server.handle(
      APIRequest(
        method: method, target: target, accept: accept, contentType: contentType,
        userAgent: "python-requests/2.32", bearerToken: token, body: body), at: now)
  }

  private mutating func play(_ exchange: Node, _ place: String) {
    guard let request = exchange["request"], let response = exchange["response"] else { return }
    let token: String? =
      request["anonymous"]?.bool == true
      ? nil
      : request["token"]?.string.map { $0 == "service account" ? serviceAccountToken : $0 } ?? "admin"
    let body = body(of: request)
    let answer = send(
      request["method"]?.string ?? "", translate(request["path"]?.string ?? ""),
      accept: request["accept"]?.string ?? "", contentType: request["contentType"]?.string ?? "", token: token,
      body: body)
    if let status = response["status"]?.int, status != Int64(answer.status) {
      mismatches.append(
        "\(place): status \(answer.status) instead of \(status): \(String(decoding: answer.body.prefix(300), as: UTF8.self))"
      )
      return
    }
    if let type = response["headers"]?["content-type"]?.string, type != answer.contentType {
      mismatches.append("\(place): content type \(answer.contentType) instead of \(type)")
    }
    if let events = response["events"]?.sequence {
      playWatch(answer, events, place)
    } else if let body = response["body"] {
      compareBody(body, answer, place)
    }
  }

  private mutating func body(of request: Node) -> [UInt8] {
    guard let body = request["body"] else { return [] }
    if let text = body.string { return Array(text.utf8) }
    if body["_note"] != nil {
      let value = String(repeating: "x", count: 1_200_000)
      return Array(#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"big"},"data":{"v":"\#(value)"}}"#.utf8)
    }
    return Array(translate(JSON.text(withLiveVersion(body, request))).utf8)
  }

  /// A JSON patch that guards itself by the version quotes what the recorder read just before.
  private mutating func withLiveVersion(_ patch: Node, _ request: Node) -> Node {
    guard let operations = patch.sequence else { return patch }
    let path = request["path"]?.string?.prefix { $0 != "?" } ?? ""
    let live = try? JSON.parse(send("GET", String(path)).body)
    return .sequence(
      operations.map { operation in
        guard operation["path"]?.string == "/metadata/resourceVersion" else { return operation }
        var operation = operation
        operation["value"] = live?["metadata"]?["resourceVersion"]
        return operation
      })
  }

  private func translate(_ text: String) -> String {
    var text = text
    for (theirs, ours) in learned where text.contains(theirs) {
      text = text.replacingOccurrences(of: theirs, with: ours)
    }
    return text
  }

  // MARK: Watches

  private mutating func playWatch(_ answer: APIAnswer, _ expected: [Node], _ place: String) {
    guard let id = answer.watch else { return mismatches.append("\(place): no watch") }
    if place.contains("%3Dw&") { changeWatched() }
    pass(.seconds(5))
    let bytes = server.drainOutputs().filter { $0.watch == id }.flatMap(\.bytes)
    let events = bytes.split(separator: UInt8(ascii: "\n")).compactMap { try? JSON.parse(Array($0)) }
    func content(_ events: [Node]) -> [Node] { events.filter { $0["type"]?.string != "BOOKMARK" } }
    let isBookmarked = expected.contains { $0["type"]?.string == "BOOKMARK" }
    if isBookmarked != events.contains(where: { $0["type"]?.string == "BOOKMARK" }) {
      mismatches.append("\(place): bookmarks \(isBookmarked ? "missing" : "unexpected")")
    }
    compare(.sequence(content(expected)), .sequence(content(events)), place)
  }

  /// The five writes that the recorder made while it watched.
  private mutating func changeWatched() {
    let path = "/api/v1/namespaces/rec/configmaps/w1"
    let merge = "application/merge-patch+json"
    for value in ["1", "2"] {
      apply(
        path,
        #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"labels":{"muster.dev/application":"w"}},"data":{"a":"\#(value)"}}"#
      )
    }
    for label in ["null", "\"w\""] {
      _ = send(
        "PATCH", path + "?fieldManager=kubectl", contentType: merge,
        body: Array(#"{"metadata":{"labels":{"muster.dev/application":\#(label)}}}"#.utf8))
    }
    _ = send("DELETE", path)
  }

  // MARK: Comparing

  private mutating func compareBody(_ recorded: Node, _ answer: APIAnswer, _ place: String) {
    var expected = recorded
    // A definition of an earlier run was still there.
    for list in ["groups", "items"] where place.hasPrefix("discovery") {
      guard let nodes = expected[list]?.sequence else { continue }
      expected[list] = .sequence(
        nodes.filter { $0["name"]?.string != "example.dev" && $0["metadata"]?["name"]?.string != "example.dev" })
    }
    if let text = expected["_text"]?.string {
      let actual = String(decoding: answer.body, as: UTF8.self)
      if actual != text {
        mismatches.append("\(place): \(actual.debugDescription) instead of \(text.debugDescription)")
      }
      return
    }
    guard !expected.isNull else { return }
    guard let actual = try? JSON.parse(answer.body) else { return mismatches.append("\(place): no JSON") }
    if let token = actual["status"]?["token"]?.string { serviceAccountToken = token }
    compare(expected, actual, place)
  }

  private static let volatile: Set<String> = [
    "uid", "resourceVersion", "creationTimestamp", "deletionTimestamp", "time", "lastTransitionTime",
    "lastUpdateTime", "token", "expirationTimestamp", "clusterIP", "continue", "serverAddress", "storageVersionHash",
    "endpoints.kubernetes.io/last-change-trigger-time",
  ]

  private mutating func compare(_ expected: Node, _ actual: Node, _ place: String) {
    switch (expected.value, actual.value) {
    case (.mapping(let theirs), .mapping(let ours)): compare(theirs, ours, place)
    case (.sequence(let theirs), .sequence(let ours)):
      guard theirs.count == ours.count else {
        return mismatches.append("\(place): \(ours.count) instead of \(theirs.count): \(JSON.text(actual).prefix(600))")
      }
      for (index, pair) in zip(theirs, ours).enumerated() { compare(pair.0, pair.1, "\(place)[\(index)]") }
    case (.string(let theirs), .string(let ours)):
      if Self.plain(translate(theirs)) != Self.plain(ours) {
        mismatches.append("\(place): \(ours.debugDescription) instead of \(theirs.debugDescription)")
      }
    default:
      if expected != actual {
        mismatches.append("\(place): \(JSON.text(actual).prefix(600)) instead of \(JSON.text(expected).prefix(600))")
      }
    }
  }

  /// Uids and long numbers count as equal.
  private static func plain(_ text: String) -> String {
    text.replacing(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/, with: "U").replacing(
      /[0-9]{4,}/, with: "N")
  }

  private mutating func compare(_ expected: Mapping, _ actual: Mapping, _ place: String) {
    var (theirs, ours) = (expected, actual)
    Self.dropControllerWork(&theirs)
    Self.dropControllerWork(&ours)
    let isGenerated = theirs["generateName"] != nil
    for key in Set(theirs.keys + ours.keys).sorted() {
      let path = "\(place).\(key)"
      switch (theirs[key], ours[key]) {
      case (let their?, let our?):
        if Self.volatile.contains(key) || (isGenerated && key == "name") || key == "clusterIPs" {
          if let a = their.string, let b = our.string, a != b { learned[a] = b }
        } else if key == "managedFields" {
          compareManaged(their, our, path)
        } else {
          compare(their, our, path)
        }
      case (let their?, nil): mismatches.append("\(path): missing, \(JSON.text(their).prefix(300)) is recorded")
      case (nil, let our?): mismatches.append("\(path): \(JSON.text(our).prefix(300)) is not recorded")
      case (nil, nil): break
      }
    }
  }

  /// How far the controllers had come is a matter of luck.
  private static func dropControllerWork(_ mapping: inout Mapping) {
    if mapping["kind"]?.string == "Deployment" { mapping["status"] = nil }
    mapping["deployment.kubernetes.io/revision"] = nil
    if mapping["annotations"]?.mapping?.keys == ["deployment.kubernetes.io/revision"] { mapping["annotations"] = nil }
  }

  private mutating func compareManaged(_ expected: Node, _ actual: Node, _ place: String) {
    func entries(_ node: Node) -> [String: Node] {
      var entries: [String: Node] = [:]
      for entry in node.sequence ?? [] where entry["manager"]?.string != "kube-controller-manager" {
        let key = ["manager", "operation", "subresource"].map { entry[$0]?.string ?? "" }.joined(separator: "/")
        entries[key] = entry
      }
      return entries
    }
    let (theirs, ours) = (entries(expected), entries(actual))
    for key in Set(theirs.keys).union(ours.keys).sorted() {
      switch (theirs[key], ours[key]) {
      case (let their?, let our?):
        // The entry of the scale subresource has no time where the server does not set one.
        var (their, our) = (their, our)
        their["time"] = nil
        our["time"] = nil
        compare(Self.translated(their, learned), our, "\(place)(\(key))")
      case (let their?, nil):
        mismatches.append("\(place): no entry \(key), recorded is \(JSON.text(their).prefix(300))")
      case (nil, let our?): mismatches.append("\(place): entry \(key) is not recorded: \(JSON.text(our).prefix(300))")
      case (nil, nil): break
      }
    }
  }

  /// Keys may carry uids: `k:{"uid":"…"}`.
  private static func translated(_ node: Node, _ learned: [String: String]) -> Node {
    var text = JSON.text(node)
    for (theirs, ours) in learned { text = text.replacingOccurrences(of: theirs, with: ours) }
    return (try? JSON.parse(Array(text.utf8))) ?? node
  }
}
