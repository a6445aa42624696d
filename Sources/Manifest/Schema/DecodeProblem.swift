/// A value that the server's own types can not hold, worded as Go's JSON decoder words it.
package struct DecodeProblem: Error, Equatable {
  package var message: String

  package init(message: String) { self.message = message }
}
