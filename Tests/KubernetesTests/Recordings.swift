import Foundation
import Manifest

/// Exchanges taken from a real API server, as `Tests/Recordings` keeps them for all tests.
enum Recordings {
  struct Exchange {
    var method: String
    var path: String
    var accept: String
    var status: Int
    var body: Node?
    var events: [Node]
  }

  static func exchanges(of flow: String? = nil, from file: String = #filePath) throws -> [Exchange] {
    let path = URL(fileURLWithPath: file).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Recordings/kubernetes-1.36.json").path
    let root = try JSON.parse(Array(Data(contentsOf: URL(fileURLWithPath: path))))
    let flows = (root.sequence ?? []).filter { flow == nil || $0["flow"]?.string == flow }
    return flows.flatMap { $0["exchanges"]?.sequence ?? [] }.map(Exchange.init)
  }
}

extension Recordings.Exchange {
  init(_ node: Node) {
    let request = node["request"] ?? .null
    let response = node["response"] ?? .null
    method = request["method"]?.string ?? ""
    path = request["path"]?.string ?? ""
    accept = request["accept"]?.string ?? ""
    status = Int(response["status"]?.int ?? 0)
    body = response["body"]
    events = response["events"]?.sequence ?? []
  }
}
