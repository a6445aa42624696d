/// What is measured, and against whom.
struct Arguments {
  /// Nil: a server of our own, in a child process.
  var server: String?
  var requests = 20_000
  var width = 64
  var rounds = 3
  var watches = 10_000
  var connections = 200
  /// Runs as that child.
  var serves = false

  init(_ words: [String]) {
    var rest = words[...]
    while let word = rest.popFirst() {
      switch word {
      case "serve": serves = true
      case "--server": server = rest.popFirst()
      case "--requests": requests = rest.popFirst().flatMap(Int.init) ?? requests
      case "--width": width = rest.popFirst().flatMap(Int.init) ?? width
      case "--rounds": rounds = rest.popFirst().flatMap(Int.init) ?? rounds
      case "--watches": watches = rest.popFirst().flatMap(Int.init) ?? watches
      case "--connections": connections = rest.popFirst().flatMap(Int.init) ?? connections
      default: break
      }
    }
  }
}
