import Templating

/// A schedule by the clocks of a time zone. Moments are seconds since 1970.
///
/// What falls into the hour that clocks skip happens as if they had not; what falls into the hour that they show twice
/// happens twice.
struct ZonedSchedule {
  /// A day that a schedule may name comes within eight years (February 29 around a year like 2100).
  private static let horizon: Int64 = 8 * 366 + 2

  let cron: CronSchedule
  /// Nil is UTC.
  let zone: ZoneFile?

  /// The last start at or before `moment`; nil when there is none after `floor`.
  func lastStart(atOrBefore moment: Int64, after floor: Int64) -> Int64? {
    let today = day(of: moment)
    let earliest = max(CivilDate.floorDivide(floor, 86_400) - 2, today - Self.horizon)
    for day in stride(from: today + 1, through: earliest, by: -1) where cron.fits(day: day) {
      if let start = lastStart(on: day, atOrBefore: moment) { return start > floor ? start : nil }
    }
    return nil
  }

  /// The first start after `moment`; nil when there is none in eight years.
  func firstStart(after moment: Int64) -> Int64? {
    let today = day(of: moment)
    for day in (today - 1)...(today + Self.horizon) where cron.fits(day: day) {
      if let start = firstStart(on: day, after: moment) { return start }
    }
    return nil
  }

  private func offset(at moment: Int64) -> Int64 { zone?.local(at: moment).offset ?? 0 }

  private func day(of moment: Int64) -> Int64 { CivilDate.floorDivide(moment + offset(at: moment), 86_400) }

  private func lastStart(on day: Int64, atOrBefore moment: Int64) -> Int64? {
    let midnight = day * 86_400
    let (before, after) = offsets(around: midnight)
    guard before == after else { return starts(midnight, before, after).last { $0 <= moment } }
    let limit = CivilDate.floorDivide(moment + before - midnight, 60)
    return cron.lastMinute(atOrBefore: min(limit, 1_439)).map { midnight + $0 * 60 - before }
  }

  private func firstStart(on day: Int64, after moment: Int64) -> Int64? {
    let midnight = day * 86_400
    let (before, after) = offsets(around: midnight)
    guard before == after else { return starts(midnight, before, after).first { $0 > moment } }
    let limit = CivilDate.floorDivide(moment + before - midnight, 60) + 1
    guard limit < 1_440 else { return nil }
    return cron.firstMinute(atOrAfter: limit).map { midnight + $0 * 60 - before }
  }

  /// What clocks were off by the day before, and will be the day after.
  private func offsets(around midnight: Int64) -> (before: Int64, after: Int64) {
    (offset(at: midnight - 2 * 86_400), offset(at: midnight + 3 * 86_400))
  }

  /// The starts of a day on which, or near which, clocks are changed, ascending.
  private func starts(_ midnight: Int64, _ before: Int64, _ after: Int64) -> [Int64] {
    var starts: [Int64] = []
    for minute in cron.minutesOfDay {
      let local = midnight + minute * 60
      let real = [local - before, local - after].filter { offset(at: $0) == local - $0 }
      starts += real.isEmpty ? [local - before] : real
    }
    return starts.sorted()
  }
}
