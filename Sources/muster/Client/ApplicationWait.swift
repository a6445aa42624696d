import Foundation
import Manifest

/// Waits until Applications are synced and healthy, and the syncs that were asked of them have ended.
struct ApplicationWait {
  /// Where one Application is on the way to that.
  enum Standing: Equatable {
    case done
    case open(why: String)
    /// Its sync failed: nothing to wait for.
    case failed(why: String)
  }

  /// Empty for all.
  var names: [String]
  /// A commit that is waited for, or a beginning of it; empty for whatever Git has.
  var revision = ""
  var seconds: Double

  private static let pace = Duration.milliseconds(250)

  /// - Returns: how many there are.
  /// - Throws: ``CommandError`` with exit code 1 where a sync failed, 6 where the time is up.
  func run(_ client: HubClient) async throws -> Int {
    let end = Date().addingTimeInterval(seconds)
    var open: [(name: String, why: String)] = []
    repeat {
      let items = try await client.get("applications")["items"]?.sequence ?? []
      let wanted = names.isEmpty ? items : items.filter { names.contains($0["name"]?.string ?? "") }
      open = names.filter { name in !wanted.contains { $0["name"]?.string == name } }.map {
        ($0, "no application has this name")
      }
      for item in wanted {
        let name = item["name"]?.string ?? ""
        switch Self.standing(of: item, revision: revision) {
        case .done: break
        case .open(let why): open.append((name, why))
        case .failed(let why):
          throw CommandError.message(
            "the sync of \(name) failed: \(Visible.text(why))", help: "muster app history \(name)", exit: .differs)
        }
      }
      if open.isEmpty && !wanted.isEmpty { return wanted.count }
      try await Task.sleep(for: Self.pace)
    } while Date() < end
    throw CommandError.message(Self.words(open), exit: .timeout)
  }

  private static func words(_ open: [(name: String, why: String)]) -> String {
    let first = open.prefix(5).map { "\n  \($0.name): \(Visible.text($0.why))" }.joined()
    return "still waiting for \(open.count) of them:" + first + (open.count > 5 ? "\n  and \(open.count - 5) more" : "")
  }

  static func standing(of item: Node, revision: String) -> Standing {
    let (status, operation) = (item["status"], item["status"]?["operationState"])
    let (sync, health) = (
      status?["sync"]?["status"]?.string ?? "Unknown", status?["health"]?["status"]?.string ?? "Unknown"
    )
    let message = status?["message"]?.string ?? ""
    let seen = status?["sync"]?["revision"]?.string ?? ""
    let phase = operation?["phase"]?.string ?? ""
    if item["awaitsSync"]?.bool == true { return .open(why: message.isEmpty ? "its sync has not begun" : message) }
    if phase == "Running" || phase == "Terminating" {
      return .open(why: message.isEmpty ? "its sync is under way" : message)
    }
    if !seen.hasPrefix(revision) { return .open(why: "it is at revision \(seen.prefix(12)), \(sync), \(health)") }
    if phase == "Failed", operation?["syncResult"]?["revision"]?.string == seen {
      return .failed(why: operation?["message"]?.string ?? "")
    }
    if sync == "Synced" && health == "Healthy" { return .done }
    let why = message.isEmpty ? status?["health"]?["message"]?.string ?? "" : message
    return .open(why: why.isEmpty ? "\(sync), \(health)" : "\(sync), \(health): \(why)")
  }
}
