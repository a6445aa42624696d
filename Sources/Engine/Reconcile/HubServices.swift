import Crypto
import Fleet
import Foundation
import Logging
import Manifest

/// What every Application's reconcile needs of the hub.
struct HubServices: Sendable {
  var sources: SourceReader
  var store: Store
  /// Marks what this hub keeps in clusters.
  var hubID: String
  var logger: Logger
  var measurements = Measurements()

  /// The id of an Application's ApplySet (KEP-3659).
  static func applySet(of application: String) -> String {
    let digest = Data(SHA256.hash(data: Data(ApplySetParent.idSource(of: application).utf8)))
    let base64 = digest.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing(
      "=", with: "")
    return "applyset-\(base64)-v1"
  }

  static func timestamp(_ date: Date = Date()) -> String { date.formatted(.iso8601) }

  func record(_ facts: [Fact]) async {
    if facts.isEmpty { return }
    for fact in facts {
      measurements.happened(fact)
      logger.info(
        "\(fact.kind.rawValue)",
        metadata: [
          "application": "\(fact.application)", "cluster": "\(fact.cluster)", "outcome": "\(fact.outcome)",
          "cause": "\(fact.cause)", "message": "\(fact.message)",
        ])
    }
    do {
      try await store.facts.append(facts)
    } catch {
      logger.error("history not written", metadata: ["reason": "\(error)"])
    }
  }
}
