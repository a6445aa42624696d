import Fleet
import HTTPClient
import Kubernetes
import Manifest

/// Asks Prometheus, or what speaks its API (`metricproviders/prometheus`).
struct PrometheusProvider {
  let requests: MetricRequests
  /// Where the metric names no address; empty for none.
  let defaultAddress: String

  /// - Throws: ``MetricFailure``
  func read(_ metric: PrometheusMetric, now: AnalysisTime) async throws -> MetricReading {
    let address = metric.address.isEmpty ? defaultAddress : metric.address
    guard !address.isEmpty else { throw MetricFailure("prometheus address is not configured") }
    let (path, form) = try Self.question(metric, now: now)
    let endpoint = try MetricRequests.endpoint(isInsecure: metric.isInsecure, caBundle: metric.caBundle)
    var base = address
    while base.hasSuffix("/") { base.removeLast() }
    var call = MetricRequests.Call(
      method: "POST", url: base + path, headers: metric.headers, body: Array(form.utf8),
      contentType: "application/x-www-form-urlencoded", authentication: metric.authentication, timeout: metric.timeout,
      endpoint: endpoint)
    var response = try await requests.send(call)
    // Servers and proxies that take no POST; the second spelling of a refusal is that of Prometheus' own client.
    if [403, 405, 501].contains(response.head.status) {
      call.method = "GET"
      call.url = base + path + "?" + form
      call.body = nil
      call.contentType = nil
      response = try await requests.send(call)
    }
    return try PrometheusAnswer.reading(of: response)
  }

  /// The path, and the form of the query.
  private static func question(_ metric: PrometheusMetric, now: AnalysisTime) throws -> (path: String, form: String) {
    let query = "query=" + PercentEncoding.query(metric.query)
    guard let range = metric.range else { return ("/api/v1/query", query + "&time=" + number(now.seconds)) }
    let start = try instant(range.start, "start", now)
    let end = try instant(range.end, "end", now)
    guard let step = GoDuration.seconds(range.step) else {
      throw MetricFailure("failed to parse rangeQuery.step as duration: '\(Visible.text(range.step))'")
    }
    return (
      "/api/v1/query_range",
      query + "&start=" + number(start.seconds) + "&end=" + number(end.seconds) + "&step=" + number(step)
    )
  }

  private static func instant(_ text: String, _ field: String, _ now: AnalysisTime) throws -> AnalysisTime {
    do throws(ExprError) {
      return try MetricCondition.instant(text, now: now)
    } catch {
      throw MetricFailure("failed to parse rangeQuery.\(field) as time: \(error.message)")
    }
  }

  private static func number(_ seconds: Double) -> String {
    PercentEncoding.query(GoNumber.json((seconds * 1000).rounded() / 1000))
  }
}

/// The answer of Prometheus' API (`/api/v1`, format 2.x and 3.x).
enum PrometheusAnswer {
  /// - Throws: ``MetricFailure``
  static func reading(of response: HTTPResponse) throws -> MetricReading {
    let status = response.head.status
    guard (200..<300).contains(status) || status == 400 || status == 422 else {
      switch status {
      case 400..<500: throw MetricFailure("client error: \(status)")
      case 500..<600: throw MetricFailure("server error: \(status)")
      default: throw MetricFailure("unexpected status code \(status)")
      }
    }
    let answer: Node
    do {
      answer = try JSON.parse(response.body, file: "answer")
    } catch {
      throw MetricFailure("bad response: the answer with status \(status) is no JSON")
    }
    guard answer["status"]?.string == "success", (200..<300).contains(status) else {
      let type = answer["errorType"]?.string ?? "bad_response"
      throw MetricFailure("\(Visible.text(type)): \(Visible.text(answer["error"]?.string ?? "status \(status)"))")
    }
    return MetricReading(try value(of: answer["data"] ?? .null), metadata: warnings(answer["warnings"]))
  }

  private static func warnings(_ node: Node?) -> [String: String] {
    let texts = (node?.sequence ?? []).prefix(20).compactMap(\.string)
    return texts.isEmpty ? [:] : ["warnings": texts.map { "\"\(Visible.text($0))\"" }.joined(separator: ", ")]
  }

  private static func value(of data: Node) throws -> MetricValue {
    let result = data["result"]?.sequence ?? []
    switch data["resultType"]?.string {
    case "scalar": return .scalar(try sample(data["result"]))
    case "vector": return .vector(try result.map { try sample($0["value"]) })
    case "matrix":
      return .vector(
        try result.flatMap { series in try (series["values"]?.sequence ?? []).map { try sample($0) } })
    case let type?: throw MetricFailure("Prometheus metric type not supported: \(Visible.text(type))")
    case nil: throw MetricFailure("bad response: the answer names no resultType")
    }
  }

  /// `[time, "value"]`.
  private static func sample(_ node: Node?) throws -> Double {
    guard let text = node?[1]?.string else {
      throw MetricFailure("bad response: a sample without a value; native histograms are not supported")
    }
    switch text {
    case "NaN": return .nan
    case "+Inf", "Inf": return .infinity
    case "-Inf": return -.infinity
    default:
      guard let number = Double(text) else { throw MetricFailure("bad response: '\(Visible.text(text))' is no number") }
      return number
    }
  }
}
