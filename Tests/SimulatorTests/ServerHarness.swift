import Manifest

@testable import Simulator

/// One server with a clock that only the test moves.
struct ServerHarness {
  var server: APIServer
  var now = Moment(milliseconds: 1_790_000_000_000)

  init(_ options: ServerOptions = ServerOptions()) {
    server = APIServer(name: "test", administratorToken: "admin", options: options, startedAt: now)
  }

  /// Lets time pass, with everything that falls due on the way.
  mutating func pass(_ duration: Duration) {
    let end = now + duration
    while let next = server.nextDeadline, next <= end {
      now = max(now, next)
      server.advance(to: now)
    }
    now = end
    server.advance(to: now)
  }

  mutating func send(
    _ method: String, _ target: String, _ body: String = "", contentType: String = "application/json",
    accept: String = "application/json", token: String? = "admin"
  ) -> APIAnswer {
    server.handle(
      APIRequest(
        method: method, target: target, accept: accept, contentType: contentType, userAgent: "test/1",
        bearerToken: token, body: Array(body.utf8)), at: now)
  }

  /// The body of the answer to a GET.
  mutating func get(_ target: String, accept: String = "application/json", token: String? = "admin") -> Node {
    json(send("GET", target, accept: accept, token: token))
  }

  func json(_ answer: APIAnswer) -> Node { (try? JSON.parse(answer.body)) ?? .null }

  @discardableResult
  mutating func apply(_ target: String, _ body: String) -> APIAnswer {
    send(
      "PATCH", target + "?fieldManager=muster&force=true", body, contentType: "application/apply-patch+yaml")
  }

  /// The events of one watch since the last call.
  mutating func events(of answer: APIAnswer) -> (types: [String], objects: [Node], ended: Bool) {
    let outputs = server.drainOutputs().filter { $0.watch == answer.watch }
    let events = outputs.flatMap(\.bytes).split(separator: UInt8(ascii: "\n"))
      .compactMap { try? JSON.parse(Array($0)) }
    return (
      events.compactMap { $0["type"]?.string }, events.compactMap { $0["object"] }, outputs.contains(where: \.ends)
    )
  }
}

/// Manifests that the tests share.
enum Samples {
  static func configMap(_ name: String, labels: String = "{}", data: String = "{}") -> String {
    #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"\#(name)","labels":\#(labels)},"data":\#(data)}"#
  }

  static func workload(_ kind: String, replicas: Int, image: String = "app:1", extra: String = "") -> String {
    #"""
    {"apiVersion":"apps/v1","kind":"\#(kind)","metadata":{"name":"web"},"spec":{"replicas":\#(replicas),\#(extra)
    "serviceName":"web","selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},
    "spec":{"containers":[{"name":"c","image":"\#(image)"}]}}}}
    """#
  }
}
