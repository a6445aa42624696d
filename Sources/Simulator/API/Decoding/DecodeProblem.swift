/// A value that the server's own types can not hold, worded as Go's JSON decoder words it.
struct DecodeProblem: Error, Equatable {
  var message: String
}
