import Manifest
import Templating
import Testing

@testable import Fleet

@Suite struct SyncWindowTests {
  /// A zone database that knows one zone by its rule alone, as a TZif file without transitions.
  private static let zones: ZoneTable = {
    let header = Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15)
    func block(_ wordSize: Int) -> [UInt8] {
      header + [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 4]
        + [0, 0, 0x0E, 0x10, 0, 0] + Array("CET\0".utf8)
    }
    let file = block(4) + block(8) + Array("\nCET-1CEST,M3.5.0,M10.5.0/3\n".utf8)
    return ZoneTable(MemoryFileTree(["Europe/Amsterdam": String(decoding: file, as: UTF8.self)]))
  }()

  /// Seconds since 1970 of `2026-03-29T01:00:00`, in UTC.
  private func moment(_ text: String) -> Int64 {
    let numbers = text.split { "-T:".contains($0) }.compactMap { Int64($0) }
    let day = CivilDate.days(year: numbers[0], month: numbers[1], day: numbers[2])
    return day * 86_400 + numbers[3] * 3_600 + numbers[4] * 60 + (numbers.count > 5 ? numbers[5] : 0)
  }

  private func windows(_ list: String) throws -> SyncWindows {
    try ProjectTests.project("  syncWindows:\n" + list).windows
  }

  private func application(_ name: String, _ destination: String) throws -> Application {
    let text =
      "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: \(name)}\nspec:\n  project: p\n  source: {repoURL: r, path: p}\n  destination: \(destination)\n"
    let node = try #require(try YAML.parse(Array(text.utf8), file: "a.yaml").first)
    return try Application.read(node, file: "a.yaml").get()
  }

  @Test func schedulesAsCronHasThem() throws {
    // The first start after a moment, in UTC.
    let table: [(String, String, String)] = [
      ("* * * * *", "2026-11-28T01:00:30", "2026-11-28T01:01"),
      ("0 22 * * *", "2026-11-28T01:00", "2026-11-28T22:00"),
      ("0 22 * * *", "2026-11-28T22:00", "2026-11-29T22:00"),
      ("*/15 8-17 * * MON-FRI", "2026-11-28T01:00", "2026-11-30T08:00"),
      ("30/10 * * * ?", "2026-11-28T01:31", "2026-11-28T01:40"),
      ("0 0 29 2 *", "2026-01-01T00:00", "2028-02-29T00:00"),
      ("0 0 29 2 *", "2096-03-01T00:00", "2104-02-29T00:00"),
      // Either day fits when both are given.
      ("0 0 13 * FRI", "2026-11-28T00:00", "2026-12-04T00:00"),
      ("0 0 1,15 jan,JUL *", "2026-01-15T00:00", "2026-07-01T00:00"),
      // A star keeps the other day field strict; a step takes the star away.
      ("0 0 1 * */2", "2026-11-28T00:00", "2026-11-29T00:00"),
    ]
    for (text, from, expected) in table {
      let times = ZonedSchedule(cron: try CronSchedule(text), zone: nil)
      let start = try #require(times.firstStart(after: moment(from)), "\(text)")
      #expect(SyncWindows.time(start) == SyncWindows.time(moment(expected)), "\(text) after \(from)")
      #expect(times.lastStart(atOrBefore: start, after: start - 60) == start, "\(text)")
    }
    #expect(ZonedSchedule(cron: try CronSchedule("0 0 31 2 *"), zone: nil).firstStart(after: 0) == nil)
  }

  @Test func whatIsNoSchedule() {
    for text in [
      "", "* * * *", "@daily", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 7", "5-1 * * * *",
      "*/0 * * * *", "1/2/3 * * * *", "a * * * *", "-1 * * * *", "1-2-3 * * * *", "* * * * * *", "TZ=UTC * * * * *",
      ", * * * *", "99999999999999999999 * * * *",
    ] {
      #expect(throws: CronSchedule.Problem.self, "\(text)") { try CronSchedule(text) }
    }
  }

  @Test func windowsFollowTheClocksOfTheirZone() throws {
    func isOpen(_ schedule: String, _ duration: String, _ at: String) throws -> Bool {
      let window = try windows(
        "  - {kind: deny, schedule: '\(schedule)', duration: \(duration), timeZone: Europe/Amsterdam, applications: ['*']}\n"
      )
      if case .open? = window.windows.first?.state(at: moment(at), Self.zones) { return true }
      return false
    }
    let table: [(String, String, String, Bool)] = [
      // In winter 22:00 there is 21:00 UTC, in summer 20:00.
      ("0 22 * * *", "1h", "2026-01-10T21:00", true), ("0 22 * * *", "1h", "2026-01-10T20:59", false),
      ("0 22 * * *", "1h", "2026-01-10T21:59:59", true), ("0 22 * * *", "1h", "2026-01-10T22:00", false),
      ("0 22 * * *", "1h", "2026-07-10T20:00", true), ("0 22 * * *", "1h", "2026-07-10T21:00", false),
      // The hour that clocks skip (2026-03-29, 02:00 to 03:00): as if they had not.
      ("30 2 * * *", "10m", "2026-03-29T01:30", true), ("30 2 * * *", "10m", "2026-03-29T00:30", false),
      // The hour that they show twice (2026-10-25): twice.
      ("30 2 * * *", "10m", "2026-10-25T00:35", true), ("30 2 * * *", "10m", "2026-10-25T01:35", true),
      ("30 2 * * *", "10m", "2026-10-25T02:35", false),
      // Over midnight and over the change of clocks.
      ("0 22 * * SAT", "12h", "2026-03-29T07:59", true), ("0 22 * * SAT", "12h", "2026-03-29T09:00", false),
      ("0 0 1 * *", "720h", "2026-04-30T12:00", true),
    ]
    for (schedule, duration, at, expected) in table {
      #expect(try isOpen(schedule, duration, at) == expected, "\(schedule) for \(duration) at \(at)")
    }
  }

  @Test func unknownZonesAreErrors() throws {
    let windows = try windows(
      "  - {kind: allow, schedule: '* * * * *', duration: 1h, timeZone: Mars/Olympus, applications: ['*']}\n")
    #expect(windows.problems(Self.zones).count == 1 && windows.problems(.utc).count == 1)
    let verdict = windows.verdict(at: 0, isManual: true, zones: Self.zones)
    #expect(!verdict.allows && verdict.reason == .unreadable)
    #expect(verdict.message.hasSuffix("there is no time zone 'Mars/Olympus'"))
    for name in ["../Europe/Amsterdam", "/Europe/Amsterdam", "Europe//Amsterdam", "Europe"] {
      #expect(throws: ZoneTable.Problem.self) { try Self.zones.zone(name) }
    }
  }

  private static let allow = "  - {kind: allow, schedule: '0 8 * * *', duration: 2h, applications: ['*']"
  private static let deny = "  - {kind: deny, schedule: '0 9 * * *', duration: 1h, applications: ['*']"

  @Test func verdicts() throws {
    typealias Case = (windows: String, at: String, isManual: Bool, startedAt: String?, reason: SyncWindowVerdict.Reason)
    let (allow, deny) = (Self.allow, Self.deny)
    let table: [Case] = [
      ("", "2026-11-28T09:30", false, nil, .none),
      (allow + "}\n", "2026-11-28T08:30", false, nil, .open),
      (allow + "}\n", "2026-11-28T10:30", false, nil, .closed),
      (allow + "}\n", "2026-11-28T10:30", true, nil, .closed),
      (allow + ", manualSync: true}\n", "2026-11-28T10:30", true, nil, .manual),
      (allow + ", manualSync: true}\n", "2026-11-28T10:30", false, nil, .closed),
      (deny + "}\n", "2026-11-28T09:30", false, nil, .denied),
      (deny + "}\n", "2026-11-28T10:30", false, nil, .none),
      (deny + ", manualSync: true}\n", "2026-11-28T09:30", true, nil, .manual),
      // One strict window is enough to deny.
      (deny + ", manualSync: true}\n" + deny + "}\n", "2026-11-28T09:30", true, nil, .denied),
      // Deny beats allow.
      (allow + "}\n" + deny + "}\n", "2026-11-28T09:30", false, nil, .denied),
      // The scenarios of Argo CD's documentation.
      (deny + ", syncOverrun: true}\n", "2026-11-28T09:30", false, "2026-11-28T08:30", .overrun),
      (deny + ", syncOverrun: true}\n", "2026-11-28T09:30", false, "2026-11-28T09:10", .denied),
      (deny + "}\n", "2026-11-28T09:30", false, "2026-11-28T08:30", .denied),
      (allow + "}\n" + deny + ", syncOverrun: true}\n", "2026-11-28T09:30", false, "2026-11-28T08:30", .overrun),
      (allow + ", syncOverrun: true}\n" + deny + "}\n", "2026-11-28T09:30", false, "2026-11-28T08:30", .denied),
      (allow + ", syncOverrun: true}\n", "2026-11-28T10:30", false, "2026-11-28T09:59", .overrun),
      (allow + "}\n", "2026-11-28T10:30", false, "2026-11-28T09:59", .closed),
      (allow + ", syncOverrun: true}\n" + allow + "}\n", "2026-11-28T10:30", false, "2026-11-28T09:59", .closed),
      (allow + ", syncOverrun: true}\n", "2026-11-28T10:30", false, "2026-11-28T07:00", .closed),
    ]
    for one in table {
      let windows = one.windows.isEmpty ? SyncWindows([]) : try windows(one.windows)
      let verdict = windows.verdict(
        at: moment(one.at), isManual: one.isManual, startedAt: one.startedAt.map(moment), zones: .utc)
      #expect(verdict.reason == one.reason, "\(one)")
      #expect(verdict.message.isEmpty == (verdict.reason == .none))
    }
  }

  @Test func verdictsSayUntilWhen() throws {
    let denied = try windows(Self.deny + ", description: month end}\n").verdict(
      at: moment("2026-11-28T09:30"), isManual: false, zones: .utc)
    #expect(
      denied.message
        == "sync is blocked by the deny window '0 9 * * *' for 1h (UTC), month end until 2026-11-28T10:00:00Z")
    #expect(denied.nextChange == moment("2026-11-28T10:00"))
    let closed = try windows(Self.allow + "}\n").verdict(at: moment("2026-11-28T10:30"), isManual: false, zones: .utc)
    #expect(
      closed.message
        == "sync waits for the allow window '0 8 * * *' for 2h (UTC), which opens at 2026-11-29T08:00:00Z")
    #expect(closed.nextChange == moment("2026-11-29T08:00"))
  }

  @Test func windowsConcernApplications() throws {
    let cluster = Cluster(
      name: try #require(ClusterName("edge-1")), connection: .init(server: "https://e1"), credentials: .registered)
    let byName = try application("web-prod", "{name: edge-1, namespace: shop}")
    let byServer = try application("web-prod", "{server: 'https://e1', namespace: shop}")
    let table: [(String, Bool)] = [
      ("applications: ['*-prod']", true), ("applications: ['*-dev']", false), ("clusters: ['edge-*']", true),
      ("clusters: ['https://e1']", true), ("clusters: [other]", false), ("namespaces: [shop]", true),
      ("applications: ['*-dev'], namespaces: [shop]", true),
      ("applications: ['*-dev'], namespaces: [shop], andOperator: true", false),
      ("applications: ['*-prod'], clusters: [edge-1], namespaces: ['sh*'], andOperator: true", true),
    ]
    for (lists, concerns) in table {
      let windows = try windows("  - {kind: deny, schedule: '* * * * *', duration: 1h, \(lists)}\n")
      for application in [byName, byServer] {
        #expect(windows.concerning(application, on: cluster).windows.isEmpty != concerns, "\(lists)")
      }
    }
  }
}
