import Testing

@testable import HTTPClient

@Suite struct StreamGateTests {
  private static let limits = StreamGate.Limits(streams: 3, connections: 2, serialConnections: 2, waitsForHead: false)

  @Test func onePilotThenRoomOnItsConnection() {
    var gate = StreamGate(limits: Self.limits, version: .multiplexed)
    #expect(gate.admits())
    gate.start()
    #expect(!gate.admits())
    let opens = gate.connected(1)
    #expect(opens)
    #expect(gate.admits())
    gate.start()
    #expect(gate.admits())
    gate.start()
    #expect(!gate.admits(), "two are on their way to two free streams")
    _ = gate.connected(1)
    _ = gate.connected(1)
    #expect(gate.admits(), "a pilot for a second connection")
    gate.start()
    #expect(!gate.admits())
    _ = gate.connected(2)
    gate.start()
    gate.start()
    #expect(!gate.admits(), "two connections of three streams")
  }

  @Test func watchesWaitForTheServersSettings() {
    var limits = Self.limits
    limits.waitsForHead = true
    var gate = StreamGate(limits: limits, version: .unknown)
    gate.start()
    let opens = gate.connected(1)
    #expect(!opens)
    #expect(!gate.admits())
    gate.answered(1, version: .multiplexed)
    #expect(gate.admits())
  }

  @Test func serialServersGetFewConnections() {
    var gate = StreamGate(limits: Self.limits, version: .serial)
    gate.start()
    gate.start()
    #expect(!gate.admits())
    gate.finish(landedOn: nil)
    #expect(gate.admits())
  }

  /// Whatever happens, counts stay true: after everything has finished the gate is as new.
  @Test func countsReturnToZero() {
    var random = SeededGenerator(seed: 7)
    for _ in 0..<200 {
      var gate = StreamGate(limits: Self.limits, version: .unknown)
      var onTheWay = 0
      var landed: [Int] = []
      for _ in 0..<200 {
        switch Int.random(in: 0..<4, using: &random) {
        case 0 where gate.admits():
          gate.start()
          onTheWay += 1
        case 1 where onTheWay > 0:
          let connection = Int.random(in: 1...2, using: &random)
          _ = gate.connected(connection)
          onTheWay -= 1
          landed.append(connection)
        case 2 where !landed.isEmpty: gate.finish(landedOn: landed.removeLast())
        case 3 where onTheWay > 0:
          gate.finish(landedOn: nil)
          onTheWay -= 1
        default: break
        }
        #expect(onTheWay + landed.count <= 6)
      }
      for _ in 0..<onTheWay { gate.finish(landedOn: nil) }
      for connection in landed { gate.finish(landedOn: connection) }
      #expect(gate.isIdle && !gate.isConnected && gate.admits())
    }
  }
}

struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

@Suite struct AddressTests {
  @Test func sitesAreSplitStrictly() throws {
    let good: [(url: String, host: String, port: Int, secure: Bool, rest: String)] = [
      ("https://a.example/x?y", "a.example", 443, true, "/x?y"), ("http://a:8080", "a", 8080, false, ""),
      ("https://[::1]:6443/api", "::1", 6443, true, "/api"), ("HTTPS://a?b=://", "a", 443, true, "?b=://"),
    ]
    for (url, host, port, secure, rest) in good {
      let (text, tail) = try Site.split(url)
      let site = try Site(text)
      #expect(site.host == host && site.port == port && site.isSecure == secure && tail == rest, "\(url)")
    }
    for url in [
      "a", "://a", "ftp://a", "http://", "http://a@b", "http://a:0", "http://a:65536", "http://[::1", "http://a b",
    ] {
      #expect(throws: TransportError.self, "\(url)") { try Site(Site.split(url).site) }
    }
  }

  @Test func proxiesAreRead() throws {
    let cases: [(text: String, host: String, port: Int, url: String)] = [
      ("http://p.example", "p.example", 80, "http://p.example:80"),
      ("socks5://u:x@[::1]", "::1", 1080, "socks5h://u:x@[::1]:1080"),
      ("https://p:8443/", "p", 8443, "https://p:8443"),
    ]
    for (text, host, port, url) in cases {
      let proxy = try ProxyAddress(HTTPSecret(text))
      #expect(proxy.host == host && proxy.port == port && proxy.url.reveal() == url)
    }
    for text in ["p:80", "socks4://p", "http://"] {
      #expect(throws: TransportError.self) { try ProxyAddress(HTTPSecret(text)) }
    }
  }
}
