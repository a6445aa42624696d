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
  /// So long a name may be one that a commit is only bringing.
  private static let patience = 10.0
  private static let mostShown = 10

  /// - Returns: how many there are.
  /// - Throws: ``CommandError`` with exit code 1 where a sync failed, 2 for a name that nobody knows, 6 where the time is up.
  func run(_ client: HubClient) async throws -> Int {
    let begun = Date()
    var open: [(name: String, why: String)] = []
    repeat {
      let items = try await client.get("applications")["items"]?.sequence ?? []
      let unknown = try checkNames(items.compactMap { $0["name"]?.string }, waited: Date().timeIntervalSince(begun))
      let wanted = names.isEmpty ? items : items.filter { names.contains($0["name"]?.string ?? "") }
      open = unknown.map { ($0, "no application has this name") }
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
    } while Date().timeIntervalSince(begun) < seconds
    throw CommandError.message(
      Self.words(open), help: open.first.map { "muster why \(Visible.text($0.name))" }, exit: .timeout)
  }

  /// - Returns: the names that nobody knows yet.
  private func checkNames(_ known: [String], waited: Double) throws -> [String] {
    let unknown = names.filter { !known.contains($0) }
    guard let first = unknown.first, waited > min(Self.patience, seconds / 2) else { return unknown }
    throw CommandError.message(
      "no application is named '\(Visible.text(first))'",
      help: HubClient.hint(first, among: known.sorted(), list: "muster app list"), exit: .usage)
  }

  private static func words(_ open: [(name: String, why: String)]) -> String {
    let lines = open.sorted { $0.name < $1.name }.prefix(Self.mostShown).map {
      "\n  " + Visible.text("\($0.name): \($0.why)")
    }
    let more = open.count > Self.mostShown ? "\n  … and \(open.count - Self.mostShown) more" : ""
    return "still waiting for \(Counted.text(open.count, "application")):" + lines.joined() + more
  }

  static func standing(of item: Node, revision: String) -> Standing {
    let (status, operation) = (item["status"], item["status"]?["operationState"])
    let sync = status?["sync"]?["status"]?.string ?? "Unknown"
    let health = status?["health"]?["status"]?.string ?? "Unknown"
    let message = ApplicationRows.message(status)
    let seen = status?["sync"]?["revision"]?.string ?? ""
    let phase = operation?["phase"]?.string ?? ""
    if item["awaitsSync"]?.bool == true {
      return .open(why: message.isEmpty ? "its sync has not begun" : message)
    }
    if phase == "Running" || phase == "Terminating" {
      return .open(why: message.isEmpty ? "its sync is under way" : message)
    }
    if !seen.hasPrefix(revision) {
      return .open(why: "\(sync), \(health), at \(ApplicationRows.short(seen)), not \(revision)")
    }
    if phase == "Failed", operation?["syncResult"]?["revision"]?.string == seen {
      return .failed(why: operation?["message"]?.string ?? "")
    }
    if sync == "Synced" && health == "Healthy" { return .done }
    return .open(why: "\(sync), \(health)" + (message.isEmpty ? "" : ": " + message))
  }
}
