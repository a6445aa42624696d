import Manifest

/// A time in which a project's Applications may, or may not, be synced.
package struct SyncWindow: Sendable, Equatable {
  package enum Kind: String, Sendable {
    case allow, deny
  }

  package var kind: Kind
  /// As written, for people.
  package var schedule: String
  package var timeZone: String
  /// Seconds; 0 where the text is no duration.
  package var duration: Int64
  package var manualSync: Bool
  package var syncOverrun: Bool
  package var description: String
  private var applications: [ProjectPattern]
  private var namespaces: [ProjectPattern]
  private var clusters: [ProjectPattern]
  /// Every list that is given has to match, not just one.
  private var matchesAll: Bool
  private var cron: CronSchedule?

  init(_ node: Node) {
    func patterns(_ key: String) -> [ProjectPattern] {
      node[key].texts.map { ProjectPattern($0, allowsDenial: false) }
    }
    kind = Kind(rawValue: node["kind"]?.string ?? "") ?? .deny
    schedule = node["schedule"]?.string ?? ""
    timeZone = node["timeZone"]?.string ?? ""
    duration = Self.seconds(node["duration"]?.string ?? "") ?? 0
    manualSync = node["manualSync"]?.bool ?? false
    syncOverrun = node["syncOverrun"]?.bool ?? false
    description = node["description"]?.string ?? ""
    applications = patterns("applications")
    namespaces = patterns("namespaces")
    clusters = patterns("clusters")
    matchesAll = node["andOperator"]?.bool ?? node["useAndOperator"]?.bool ?? false
    cron = try? CronSchedule(schedule)  // Reading has reported it; without one the window denies.
  }

  /// A duration above zero in whole seconds; nil for anything else.
  static func seconds(_ text: String) -> Int64? {
    guard let seconds = GoDuration.seconds(text), seconds >= 1, seconds < 1e10 else { return nil }
    return Int64(seconds)
  }

  /// Whether the window is about an Application.
  /// - Parameter cluster: where it goes, if that is registered: it is known by its name and its server both, whichever of
  ///   them the Application names.
  package func concerns(_ application: Application, on cluster: Cluster?) -> Bool {
    let destination = application.destination
    let places = [destination.name, destination.server, cluster?.name.text ?? "", cluster?.server ?? ""]
    let answers: [Bool?] = [
      applications.isEmpty ? nil : applications.covers(application.name),
      clusters.isEmpty ? nil : places.contains { !$0.isEmpty && clusters.covers($0) },
      namespaces.isEmpty ? nil : namespaces.covers(destination.namespace),
    ]
    let given = answers.compactMap(\.self)
    return !given.isEmpty && (matchesAll ? given.allSatisfy(\.self) : given.contains(true))
  }

  /// `deny window '0 22 * * *' for 1h (Europe/Amsterdam)`, as sentences name it.
  package var shown: String {
    let zone = timeZone.isEmpty ? "UTC" : timeZone
    let words =
      "\(kind.rawValue) window '\(DNSName.shown(schedule))' for \(Self.shown(duration)) (\(DNSName.shown(zone)))"
    return description.isEmpty ? words : words + ", \(DNSName.shown(description))"
  }

  private static func shown(_ seconds: Int64) -> String {
    let parts = [(seconds / 3_600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")].filter { $0.0 > 0 }
    return parts.isEmpty ? "0s" : parts.map { "\($0.0)\($0.1)" }.joined()
  }

  // MARK: Time

  /// How a window stands at a moment.
  package enum State: Sendable, Equatable {
    /// Open since `from`, until `until` at least.
    case open(from: Int64, until: Int64)
    /// Closed until `next`; nil when it does not open in the next years.
    case closed(next: Int64?)
    /// Its schedule or its time zone cannot be read: a sentence.
    case unreadable(String)
  }

  /// - Parameter moment: seconds since 1970.
  package func state(at moment: Int64, _ zones: ZoneTable) -> State {
    guard let cron, duration > 0 else {
      return .unreadable("the schedule '\(DNSName.shown(schedule))' or its duration cannot be read")
    }
    do {
      let times = ZonedSchedule(cron: cron, zone: try zones.zone(timeZone))
      if let start = times.lastStart(atOrBefore: moment, after: moment - duration) {
        return .open(from: start, until: start + duration)
      }
      return .closed(next: times.firstStart(after: moment))
    } catch {
      return .unreadable(error.message)
    }
  }
}
