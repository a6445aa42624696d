import Manifest
import Testing

@testable import Engine

/// As `golang.org/x/net/http/httpproxy` has it.
struct EnvironmentProxiesTests {
  @Test func whichVariableCounts() throws {
    let table: [(variables: [String: String], server: String, proxy: String?)] = [
      ([:], "https://a", nil),
      (["HTTPS_PROXY": "http://p:1"], "https://a", "http://p:1"),
      (["HTTPS_PROXY": "http://p:1"], "http://a", nil),
      (["HTTP_PROXY": "http://p:1"], "https://a", nil),
      (["HTTP_PROXY": "http://p:1"], "http://a", "http://p:1"),
      (["https_proxy": "http://p:1"], "https://a", "http://p:1"),
      (["https_proxy": "http://p:1", "HTTPS_PROXY": "http://q:1"], "https://a", "http://q:1"),
      (["https_proxy": "http://p:1", "HTTPS_PROXY": ""], "https://a", "http://p:1"),
      (["ALL_PROXY": "http://p:1"], "https://a", nil),
      (["HTTPS_PROXY": "p:3128"], "https://a", "http://p:3128"),
      (["HTTPS_PROXY": "10.0.0.1"], "https://a", "http://10.0.0.1"),
      (["HTTPS_PROXY": "u:w@p:3128"], "https://a", "http://u:w@p:3128"),
      (["HTTPS_PROXY": "https://p"], "https://a", "https://p"),
      (["HTTPS_PROXY": "socks5://p:1080"], "https://a", "socks5://p:1080"),
      (["HTTPS_PROXY": "SOCKS5H://p:1080"], "https://a", "socks5://p:1080"),
      (["HTTPS_PROXY": "http://p:1"], "https://localhost:6443", nil),
      (["HTTPS_PROXY": "http://p:1"], "https://127.4.5.6:6443", nil),
      (["HTTPS_PROXY": "http://p:1"], "https://[::1]:6443", nil),
      (["HTTPS_PROXY": "http://p:1", "NO_PROXY": "a"], "https://a", nil),
      (["HTTPS_PROXY": "http://p:1", "no_proxy": "a"], "https://a:6443/prefix", nil),
      (["HTTPS_PROXY": "http://p:1", "no_proxy": "a:443"], "https://a", nil),
      (["HTTPS_PROXY": "http://p:1", "no_proxy": "a:443"], "https://a:6443", "http://p:1"),
    ]
    for (variables, server, proxy) in table {
      let found = try EnvironmentProxies(variables).proxy(for: server, subject: "cluster a")
      #expect(found == proxy, "\(variables) \(server)")
    }
    for value in ["ftp://CANARY", "http://CANARY:x", "http://", "://", "http://a b", "socks4://CANARY"] {
      do {
        let found = try EnvironmentProxies(["HTTPS_PROXY": value]).proxy(for: "https://a", subject: "cluster a")
        Issue.record("'\(value)' gave \(found ?? "no proxy")")
      } catch {
        #expect(error.code == "cluster.proxy" && error.message.contains("HTTPS_PROXY"), "\(value)")
        #expect(!error.message.contains("CANARY"))
      }
    }
  }

  @Test func whatNoProxyCovers() {
    let table: [(list: String, covered: [String], others: [String])] = [
      ("", [], ["a", "10.0.0.1"]),
      ("*", ["a", "10.0.0.1", "fe80::1"], []),
      ("a, *", ["b"], []),
      ("example.org", ["example.org", "EXAMPLE.org", "a.example.org", "a.b.example.org"], ["anexample.org", "org"]),
      (" .example.org ,", ["a.example.org"], ["example.org", "aexample.org"]),
      ("*.example.org", ["a.example.org"], ["example.org"]),
      ("Example.ORG", ["a.example.org"], []),
      ("10.1.2.3", ["10.1.2.3", "::ffff:10.1.2.3"], ["10.1.2.4", "a.10.1.2.3x"]),
      ("10.0.0.0/8,192.168.4.0/22", ["10.255.0.1", "192.168.7.1"], ["11.0.0.1", "192.168.8.1", "a"]),
      ("0.0.0.0/0", ["1.2.3.4", "::ffff:1.2.3.4"], ["fe80::1", "a"]),
      ("fe80::/10", ["fe80::1", "febf::1"], ["fec0::1", "10.0.0.1"]),
      ("::/0", ["fe80::1"], ["10.0.0.1"]),
      ("fe80::1", ["fe80::1", "fe80:0::1"], ["fe80::2"]),
      ("10.0.0.1/33, 10.0.0.1/-1, 10.0.0.1/, /8, a/8, fe80::1/129", [], ["10.0.0.1", "a", "fe80::1"]),
      (".,*., :, []", [], ["a", "10.0.0.1"]),
    ]
    for (list, covered, others) in table {
      let exceptions = ProxyExceptions(list)
      for host in covered { #expect(exceptions.cover(host: host, port: 443), "'\(list)' \(host)") }
      for host in others { #expect(!exceptions.cover(host: host, port: 443), "'\(list)' \(host)") }
    }
    let ports: [(entry: String, host: String, isCovered: [Bool])] = [
      ("a:443", "a", [true, false]), ("a:443", "b.a", [true, false]), (".a:443", "b.a", [true, false]),
      ("10.0.0.1:443", "10.0.0.1", [true, false]), ("[fe80::1]:443", "fe80::1", [true, false]),
      ("[fe80::1]", "fe80::1", [true, true]), ("a", "a", [true, true]), ("a:99999", "a", [false, false]),
    ]
    for (entry, host, isCovered) in ports {
      let found = [443, 6443].map { ProxyExceptions(entry).cover(host: host, port: $0) }
      #expect(found == isCovered, "\(entry) \(host)")
    }
  }
}
