import Manifest

/// What an expression may name, beside the functions of expr itself.
struct ExprEnvironment: Sendable {
  /// Which of the two environments of Argo Rollouts.
  enum Names: Sendable {
    /// Of a success or failure condition (`utils/evaluate`, EvalCondition).
    case condition
    /// Of the start and end of a range query (EvalTime).
    case time
  }

  static let resultName = "result"

  var names: Names
  /// The measured value; null in the environment of times.
  var result: ExprValue
  /// What `now()` gives, in nanoseconds since 1970.
  var now: Int

  static func functions(_ names: Names) -> Set<String> {
    switch names {
    case .condition: ["asInt", "asFloat", "isNaN", "isInf", "isNil", "default"]
    case .time: ["isNaN", "isInf"]
    }
  }

  private static let all: [ExprFunction] = [
    .len, .abs, .ceil, .floor, .round, .int, .float, .string, .trim, .upper, .lower, .split, .max, .min, .mean,
    .median, .now, .duration, .first, .last, .get, .keys, .values, .sort,
  ]

  static func unknown(_ name: String, _ names: Names, at offset: Int) -> ExprError {
    var known = Array(functions(names)) + all.map(\.rawValue)
    if names == .condition { known.append(resultName) }
    let near = NearestName.of(name, among: known.sorted())
    return ExprError(
      .type, "unknown name '\(Visible.text(name))'\(near.map { ": did you mean '\($0)'?" } ?? "")", at: offset)
  }
}
