extension Function {
  /// Sprig's dates. Zones are those that the world around the template knows; others are read as UTC, as in Sprig.
  static let dates: [Function] =
    [
      Function("now", 0) { _, run in .time(GoTime(run.world.now())) },
      Function("date", 2) { a, run in .string(moment(a[1], run).utc.formatted(try a.string(0))) },
      Function("htmlDate", 1) { a, run in .string(moment(a[0], run).utc.formatted("2006-01-02")) },
      Function("htmlDateInZone", 2) { a, run in
        .string(try zoned(moment(a[0], run), try a.string(1), &run).formatted("2006-01-02"))
      },
      Function("ago", 1) { a, run in
        .string(GoTime(run.world.now()).since(moment(a[0], run)).rounded(to: 1_000_000_000).description)
      },
      Function("unixEpoch", 1) { a, run in .string(String(moment(a[0], run).seconds)) },
      Function("duration", 1) { a, _ in
        // Of integers only those that say that they are int64.
        if case .int(_, let type) = a[0], type != .int64 { return .string("0s") }
        return .string(GoTimeSpan(seconds: a[0].integer).description)
      },
      Function("durationRound", 1) { a, run in .string(span(a[0], run).coarse) },
      Function("toDate", 2) { a, _ in
        .time(TimeLayout.parse(try a.string(1), try a.string(0)) ?? GoTime(seconds: -62_135_596_800))
      },
      Function("mustToDate", 2) { a, _ in
        guard let time = TimeLayout.parse(try a.string(1), try a.string(0)) else {
          throw a.failure("cannot parse \(GoQuote.quoted(try a.string(1))) as \(GoQuote.quoted(try a.string(0)))")
        }
        return .time(time)
      },
    ]
    + Function("dateInZone", 3) { a, run in
      .string(try zoned(moment(a[1], run), try a.string(2), &run).formatted(try a.string(0)))
    }.also("date_in_zone")
    + Function("dateModify", 2) { a, run in
      let time = moment(a[1], run)
      return .time(GoTimeSpan(try a.string(0)).map(time.adding) ?? time)
    }.also("date_modify")
    + Function("mustDateModify", 2) { a, run in
      guard let span = GoTimeSpan(try a.string(0)) else {
        throw a.failure("invalid duration \(GoQuote.quoted(try a.string(0)))")
      }
      return .time(moment(a[1], run).adding(span))
    }.also("must_date_modify")

  /// The same moment on the clocks of a zone.
  private static func zoned(_ time: GoTime, _ name: String, _ run: inout Run) throws -> GoTime {
    try run.budget.spend(1000)
    var time = time
    let isRelative = !name.hasPrefix("/") && !name.contains("..") && !name.contains("\\")
    let file = isRelative && !["", "UTC", "Local"].contains(name) ? run.world.zone(name).flatMap(ZoneFile.init) : nil
    let local = file?.local(at: time.seconds) ?? ZoneFile.Local(offset: 0, isDaylight: false, name: "UTC")
    (time.offset, time.zone) = (local.offset, local.name)
    return time
  }

  /// A time, or seconds since 1970; anything else means now.
  private static func moment(_ value: GoValue, _ run: Run) -> GoTime {
    switch value {
    case .time(let time): time
    case .int(let seconds, _): GoTime(seconds: seconds)
    default: GoTime(run.world.now())
    }
  }

  /// A duration's text, nanoseconds, or the time since a moment.
  private static func span(_ value: GoValue, _ run: Run) -> GoTimeSpan {
    switch value {
    case .string(let text): GoTimeSpan(text) ?? GoTimeSpan(nanoseconds: 0)
    case .int(let nanoseconds, .int64): GoTimeSpan(nanoseconds: nanoseconds)
    case .time(let time): GoTime(run.world.now()).since(time)
    default: GoTimeSpan(nanoseconds: 0)
    }
  }
}
