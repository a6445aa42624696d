import Fleet
import Testing

@testable import Engine

@Suite struct RegistrationCheckTests {
  private static let known: [RegistrationCheck.Known] = [
    .init(name: "edge-1", server: "https://10.0.0.1:6443", isRegistered: true, clusterUID: "u1"),
    .init(name: "prod", server: "https://10.0.0.9:6443/", isRegistered: true, clusterUID: "u9"),
    .init(name: "manifest", server: "https://10.0.0.5:6443", isRegistered: false, clusterUID: nil),
    .init(name: "promised", server: "https://10.0.0.6:6443", isRegistered: true, clusterUID: nil),
  ]

  private func problem(
    _ verb: String, _ name: String, _ server: String, _ uid: String
  ) throws -> RegistrationCheck.Problem? {
    let check = RegistrationCheck(known: Self.known, way: "the kubeconfig's context 'c'", server: server, uid: uid)
    let name = try #require(ClusterName(name))
    do throws(RegistrationCheck.Problem) {
      if verb == "register" { try check.registering(name) } else { try check.rotating(name) }
      return nil
    } catch {
      return error
    }
  }

  @Test func lets() throws {
    let table = [
      ("register", "new", "https://10.0.0.2:6443", "u2"),
      // Again, by another way.
      ("register", "edge-1", "https://edge-1.example.org", "u1"),
      ("register", "promised", "https://10.0.0.6:6443", "u6"),
      ("rotate", "edge-1", "https://10.0.0.1:6443", "u1"), ("rotate", "edge-1", "https://edge-1.example.org", "u1"),
    ]
    for (verb, name, server, uid) in table {
      #expect(try problem(verb, name, server, uid) == nil, "\(verb) \(name)")
    }
  }

  @Test func refusesAndSaysWhichClusterItIsAndWhatToDo() throws {
    let table: [(verb: String, name: String, server: String, uid: String, words: [String])] = [
      (
        "rotate", "edge-1", "https://10.0.0.9:6443", "u9",
        [
          "context 'c' points at https://10.0.0.9:6443, the cluster prod",
          "registered as edge-1 (https://10.0.0.1:6443)",
          "--context", "muster cluster unregister edge-1",
        ]
      ),
      (
        "rotate", "edge-1", "https://10.0.0.7:6443", "u7",
        ["points at https://10.0.0.7:6443, and not at", "nothing was made there"]
      ),
      ("rotate", "manifest", "https://10.0.0.5:6443", "u5", ["the hub keeps none", "renew them"]),
      ("rotate", "promised", "https://10.0.0.6:6443", "u6", ["never registered", "muster cluster register promised"]),
      ("rotate", "nobody", "https://10.0.0.6:6443", "u6", ["no cluster is named 'nobody'"]),
      ("register", "edge-1", "https://10.0.0.1:6443", "u2", ["and not at the cluster", "then register it"]),
      (
        "register", "second", "https://10.0.0.2:6443", "u9",
        ["registered as prod already", "muster cluster rotate prod", "muster cluster unregister prod"]
      ),
      ("register", "second", "https://10.0.0.9:6443", "u3", ["the server of the cluster prod", "--context"]),
      ("register", "second", "https://10.0.0.5:6443/", "u5", ["the server of the cluster manifest"]),
      ("register", "manifest", "https://10.0.0.2:6443", "u2", ["credentials of its own", "registered: true"]),
    ]
    for entry in table {
      let problem = try #require(try problem(entry.verb, entry.name, entry.server, entry.uid))
      for words in entry.words {
        #expect((problem.message + "\n" + problem.help).contains(words), "\(entry.verb) \(entry.name): \(problem)")
      }
    }
  }
}
