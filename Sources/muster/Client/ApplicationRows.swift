import Manifest

/// Applications as lines of a table.
enum ApplicationRows {
  static func table(_ items: [Node], wide: Bool) -> String {
    var table = Table(
      ["NAME", "CLUSTER", "SYNC", "HEALTH", "REVISION", "SYNCED"]
        + (wide ? ["SET", "NAMESPACE", "REPOSITORY", "PATH", "TARGET"] : []) + ["MESSAGE"])
    for item in items {
      let status = item["status"]
      var row = [
        item["name"]?.string ?? "", item["cluster"]?.string ?? "-", status?["sync"]?["status"]?.string ?? "Unknown",
        status?["health"]?["status"]?.string ?? "Unknown", short(status?["sync"]?["revision"]?.string),
        Age.of(status?["lastSync"]?.string),
      ]
      if wide {
        let source = item["source"]
        row += [
          item["applicationSet"]?.string ?? "-", item["namespace"]?.string ?? "", source?["repoURL"]?.string ?? "",
          source?["path"]?.string ?? "", source?["targetRevision"]?.string.flatMap { $0.isEmpty ? nil : $0 } ?? "HEAD",
        ]
      }
      table.rows.append(row + [message(status)])
    }
    return table.text(whole: wide)
  }

  static func short(_ revision: String?) -> String {
    guard let revision, !revision.isEmpty else { return "-" }
    return String(revision.prefix(8))
  }

  /// The first thing that is wrong, sync before health.
  static func message(_ status: Node?) -> String {
    let message = status?["message"]?.string ?? ""
    if !message.isEmpty { return message }
    return status?["health"]?["status"]?.string == "Healthy" ? "" : status?["health"]?["message"]?.string ?? ""
  }
}
