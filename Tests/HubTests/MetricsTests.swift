import Engine
import Manifest
import Testing

@testable import Hub

@Suite(.timeLimit(.minutes(2))) struct MetricsTests {
  @Test func writesTheTextFormat() async throws {
    try await RunningHub.with { hub async throws in
      _ = try await hub.ask("GET", "/api/v1/clusters")
      let answer = try await hub.ask("GET", "/metrics", token: "")
      #expect(answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
      check(answer.text)
      for line in [
        #"muster_cluster_reachable{cluster="alpha"} 0"#, #"muster_ready 1"#, #"muster_queue_depth 0"#,
        #"muster_http_requests_total{method="GET",route="/api/v1/clusters",status="200"} 1"#,
        #"muster_git_fetches_total 0"#,
      ] {
        #expect(answer.text.contains(line + "\n"), "\(line)")
      }
    }
  }

  @Test func escapesLabelsAndCountsBuckets() {
    var text = PrometheusText()
    text.family("muster_x", .gauge, "A\nB")
    text.sample("muster_x", [("l", "a\"b\\c\nd")], 1)
    #expect(text.text == "# HELP muster_x A\\nB\n# TYPE muster_x gauge\nmuster_x{l=\"a\\\"b\\\\c\\nd\"} 1\n")
    let measurements = Measurements()
    measurements.observe("muster_x_seconds", seconds: 0.02)
    measurements.observe("muster_x_seconds", seconds: 100)
    let histogram = measurements.histograms.values.first
    #expect(histogram?.count == 2)
    #expect(histogram?.buckets == [0, 0, 0, 1, 1, 1, 1, 1, 1, 1])
  }

  /// Every sample belongs to a family that was declared once, before it, with words for people.
  private func check(_ text: String) {
    var types: [String: String] = [:]
    var helps: Set<String> = []
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if line.hasPrefix("# HELP ") {
        #expect(words.count > 3 && helps.insert(String(words[2])).inserted, "\(line)")
      } else if line.hasPrefix("# TYPE ") {
        #expect(types[String(words[2])] == nil && helps.contains(String(words[2])), "\(line)")
        types[String(words[2])] = String(words[3])
      } else {
        var name = String(line.prefix { $0 != "{" && $0 != " " })
        if types[name] == nil {
          for suffix in ["_bucket", "_sum", "_count"] where name.hasSuffix(suffix) {
            name = String(name.dropLast(suffix.count))
          }
        }
        #expect(name.hasPrefix("muster_") && types[name] != nil, "\(line)")
        #expect(types[name] != "counter" || name.hasSuffix("_total"), "\(line)")
        #expect(words.last.flatMap { Double($0) } != nil, "\(line)")
      }
    }
  }
}
