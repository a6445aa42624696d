import Manifest
import Templating

/// The sync windows of a project, or those of them that concern one Application.
package struct SyncWindows: Sendable, Equatable {
  package var windows: [SyncWindow]

  package init(_ windows: [SyncWindow]) { self.windows = windows }

  /// Those that are about an Application; ask these for a verdict.
  package func concerning(_ application: Application, on cluster: Cluster?) -> SyncWindows {
    SyncWindows(windows.filter { $0.concerns(application, on: cluster) })
  }

  /// What the windows' time zones lack, a sentence each; empty when all can be read.
  package func problems(_ zones: ZoneTable) -> [String] {
    windows.compactMap { window -> String? in
      do throws(ZoneTable.Problem) {
        _ = try zones.zone(window.timeZone)
        return nil
      } catch {
        return "\(window.shown): \(error.message)"
      }
    }
  }

  /// Whether a sync may run now. Ask the windows that concern the Application.
  ///
  /// An open deny window denies, unless it and every other open one permit manual syncs and this is one, or all let a sync
  /// that began while it was allowed run over. Else an open allow window allows; else, where there are allow windows,
  /// their being closed denies, with the same two exceptions. A window that cannot be read denies (Argo CD's CanSync; an
  /// unknown time zone counts as unreadable here, not as UTC).
  /// - Parameters:
  ///   - moment: now, in seconds since 1970.
  ///   - startedAt: when the sync began, for one that is under way.
  package func verdict(
    at moment: Int64, isManual: Bool, startedAt: Int64? = nil, zones: ZoneTable
  ) -> SyncWindowVerdict {
    let states = windows.map { ($0, state: $0.state(at: moment, zones)) }
    for case (let window, .unreadable(let reason)) in states {
      return SyncWindowVerdict(
        .unreadable, "sync is blocked by a sync window that cannot be read: \(window.shown): \(reason)")
    }
    var verdict = decision(states, isManual: isManual)
    if !verdict.allows, let startedAt, startedAt <= moment, mayOverrun(states),
      self.verdict(at: startedAt, isManual: isManual, zones: zones).allows
    {
      verdict = SyncWindowVerdict(.overrun, "the sync began while it was allowed, and may run over")
    }
    verdict.nextChange = states.compactMap { Self.nextChange($0.state) }.min()
    return verdict
  }

  private func decision(_ states: [(SyncWindow, state: SyncWindow.State)], isManual: Bool) -> SyncWindowVerdict {
    let open = states.filter { if case .open = $0.state { true } else { false } }
    let denying = open.filter { $0.0.kind == .deny }
    if let first = denying.first {
      if isManual, denying.allSatisfy(\.0.manualSync) {
        return SyncWindowVerdict(.manual, "the \(first.0.shown) permits manual syncs")
      }
      let strict = denying.first { !isManual || !$0.0.manualSync } ?? first
      return SyncWindowVerdict(.denied, "sync is blocked by the \(strict.0.shown)" + Self.until(strict.state))
    }
    let allowing = states.filter { $0.0.kind == .allow }
    if let first = open.first { return SyncWindowVerdict(.open, "the \(first.0.shown) is open") }
    guard let next = allowing.min(by: { Self.opening($0.state) < Self.opening($1.state) }) else {
      return SyncWindowVerdict(.none, "")
    }
    if isManual, allowing.allSatisfy(\.0.manualSync) {
      return SyncWindowVerdict(.manual, "the \(next.0.shown) permits manual syncs while it is closed")
    }
    return SyncWindowVerdict(.closed, "sync waits for the \(next.0.shown)" + Self.until(next.state))
  }

  /// Whether those windows that deny all let a sync run over.
  private func mayOverrun(_ states: [(SyncWindow, state: SyncWindow.State)]) -> Bool {
    let denying = states.filter { if case .open = $0.state { $0.0.kind == .deny } else { false } }
    let deciding = denying.isEmpty ? states.filter { $0.0.kind == .allow } : denying
    return deciding.allSatisfy(\.0.syncOverrun)
  }

  private static func nextChange(_ state: SyncWindow.State) -> Int64? {
    switch state {
    case .open(_, let until): until
    case .closed(let next): next
    case .unreadable: nil
    }
  }

  private static func opening(_ state: SyncWindow.State) -> Int64 {
    if case .closed(let next?) = state { next } else { .max }
  }

  private static func until(_ state: SyncWindow.State) -> String {
    switch state {
    case .open(_, let until): " until \(time(until))"
    case .closed(let next?): ", which opens at \(time(next))"
    case .closed(nil), .unreadable: ", which does not open in the next years"
    }
  }

  /// RFC 3339 in UTC.
  static func time(_ moment: Int64) -> String {
    let day = CivilDate.floorDivide(moment, 86_400)
    let date = CivilDate.date(days: day)
    let second = moment - day * 86_400
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let clock = [second / 3_600, second / 60 % 60, second % 60].map(two).joined(separator: ":")
    return "\(date.year)-\(two(date.month))-\(two(date.day))T\(clock)Z"
  }
}

/// Whether sync windows let a sync run, and why.
package struct SyncWindowVerdict: Sendable, Equatable {
  package enum Reason: String, Sendable {
    /// No window concerns it, or only deny windows that are closed.
    case none
    case open, manual, overrun
    case denied, closed, unreadable
  }

  package var reason: Reason
  /// One sentence for people, without a trailing stop; empty for ``Reason/none``.
  package var message: String
  /// When to ask again, in seconds since 1970: the next time that a window opens or closes; nil for never.
  package var nextChange: Int64?

  init(_ reason: Reason, _ message: String) {
    self.reason = reason
    self.message = message
  }

  package var allows: Bool {
    switch reason {
    case .none, .open, .manual, .overrun: true
    case .denied, .closed, .unreadable: false
    }
  }
}
