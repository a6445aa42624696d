import Fleet
import HTTPClient
import Kubernetes
import Manifest
import Testing

@testable import Engine

@Suite struct MetricSourceTests {
  private static let clock = WallClock { 1_795_000_000.5 }

  private func metric(_ text: String) throws -> Metric {
    let node = try #require(try YAML.parse(Array(("{name: a, " + text + "}").utf8)).first)
    return try Metric(node, arguments: [:], file: "t.yaml")
  }

  private func prometheus(_ fields: String = "", _ conditions: String = "successCondition: 'result[0] >= 1'") throws
    -> Metric
  {
    try metric(
      "\(conditions), provider: {prometheus: {address: 'http://p:9090/base/', query: 'up{a=\"b c\"}' \(fields)}}")
  }

  private func measure(
    _ metric: Metric, _ answer: @escaping @Sendable (HTTPRequest) throws -> HTTPResponse
  ) async -> (Measurement, [HTTPRequest]) {
    let transport = AnsweringTransport(answer)
    let measurement = await MetricSource(transport: transport, clock: Self.clock).measure(metric)
    return (measurement, transport.requests)
  }

  private static func vector(_ values: String...) -> String {
    let samples = values.map { "{\"metric\": {}, \"value\": [1, \"\($0)\"]}" }.joined(separator: ",")
    return "{\"status\": \"success\", \"data\": {\"resultType\": \"vector\", \"result\": [\(samples)]}}"
  }

  @Test func asksPrometheusForAnInstant() async throws {
    let (measurement, requests) = await measure(try prometheus()) { _ in HTTPResponse(200, Self.vector("1", "NaN")) }
    #expect(measurement.phase == .successful)
    #expect(measurement.value == "[1,NaN]")
    #expect(measurement.finishedAt?.seconds == Self.clock.now())
    let request = try #require(requests.first)
    #expect(request.method == "POST")
    #expect(request.url == "http://p:9090/base/api/v1/query")
    #expect(request.text == "query=up%7Ba%3D%22b%20c%22%7D&time=1795000000.5")
    #expect(request.header("content-type") == "application/x-www-form-urlencoded")
    #expect(request.deadlines.total == 30)
  }

  @Test func asksPrometheusForARange() async throws {
    let range = ", rangeQuery: {start: 'now() - duration(\"1m\")', end: now(), step: 15s}, timeout: 5"
    let body =
      #"{"status": "success", "data": {"resultType": "matrix", "result": [{"values": [[1, "2"], [2, "3"]]}, {"values": [[1, "4"]]}]}, "warnings": ["slow"]}"#
    let (measurement, requests) = await measure(try prometheus(range, "successCondition: 'sum(result) == 9'")) { _ in
      HTTPResponse(200, body)
    }
    #expect(measurement.phase == .successful)
    #expect(measurement.value == "[2,3,4]")
    #expect(measurement.metadata == ["warnings": "\"slow\""])
    #expect(requests.first?.url == "http://p:9090/base/api/v1/query_range")
    #expect(requests.first?.text.hasSuffix("&start=1794999940.5&end=1795000000.5&step=15") == true)
    #expect(requests.first?.deadlines.total == 5)
  }

  @Test func asksAgainWithGetWherePostIsRefused() async throws {
    for status in [403, 405, 501] {
      let (measurement, requests) = await measure(try prometheus()) { request in
        request.method == "POST" ? HTTPResponse(status) : HTTPResponse(200, Self.vector("1"))
      }
      #expect(measurement.phase == .successful)
      #expect(requests.map(\.method) == ["POST", "GET"])
      #expect(requests.last?.url.hasPrefix("http://p:9090/base/api/v1/query?query=up%7B") == true)
      #expect(requests.last?.body == nil)
    }
  }

  @Test func wordsOfWhatGoesWrong() async throws {
    let table: [(Int, String, AnalysisPhase, String)] = [
      (200, Self.vector(), .error, "no data returned from the metric provider"), (200, Self.vector("0"), .failed, ""),
      (200, "{", .error, "no JSON"), (200, "{}", .error, "bad_response"), (500, "", .error, "server error: 500"),
      (404, "", .error, "client error: 404"),
      (400, #"{"status": "error", "errorType": "bad_data", "error": "parse error"}"#, .error, "bad_data: parse error"),
      (422, #"{"status": "error", "errorType": "execution", "error": "many"}"#, .error, "execution: many"),
      (
        200, #"{"status": "success", "data": {"resultType": "string", "result": [1, "x"]}}"#, .error,
        "not supported: string"
      ),
      (
        200, #"{"status": "success", "data": {"resultType": "vector", "result": [{"histogram": [1, {}]}]}}"#, .error,
        "histograms"
      ),
      (
        200, #"{"status": "success", "data": {"resultType": "scalar", "result": [1, "1"]}}"#, .error,
        "could not evaluate successCondition"
      ),
      (302, "", .error, "unexpected status code 302"),
    ]
    for (status, body, phase, message) in table {
      let (measurement, _) = await measure(try prometheus()) { _ in HTTPResponse(status, body) }
      #expect(
        measurement.phase == phase && (message.isEmpty || measurement.message.contains(message))
          && measurement.message.isEmpty == message.isEmpty, "\(status) \(body): \(measurement)")
    }
    let (away, _) = await measure(try prometheus()) { _ in throw TransportError.unreachable(reason: "refused") }
    #expect(away.phase == .error && away.message == "refused")
    let (slow, _) = await measure(try prometheus()) { _ in throw TransportError.deadline(.total, seconds: 30) }
    #expect(slow.phase == .error && slow.message.contains("30"))
  }

  @Test func addressesComeFromTheMetricOrTheDefault() async throws {
    let metric = try metric("successCondition: 'result[0] >= 1', provider: {prometheus: {query: up}}")
    let transport = AnsweringTransport { _ in HTTPResponse(200, Self.vector("1")) }
    let source = MetricSource(transport: transport, clock: Self.clock, defaultPrometheus: "https://default:9090")
    #expect(await source.measure(metric).phase == .successful)
    #expect(transport.requests.first?.url == "https://default:9090/api/v1/query")
    #expect(
      await MetricSource(transport: transport, clock: Self.clock).measure(metric).message.contains("not configured"))
    for address in ["p:9090", "ftp://p", "http://", "http://user@/x", "http://a b"] {
      let source = MetricSource(transport: transport, clock: Self.clock, defaultPrometheus: address)
      #expect(await source.measure(metric).phase == .error, "\(address)")
    }
  }

  @Test func credentialsGoWhereTheyBelong() async throws {
    let basic = "Basic " + Base64.encode(Array("u:p w".utf8))
    let table: [(String, String?)] = [
      (", authentication: {basicAuth: {username: u, password: 'p w'}}", basic),
      (", headers: [{key: Authorization, value: Bearer t}]", "Bearer t"),
      ("", nil),
    ]
    for (fields, expected) in table {
      let (_, requests) = await measure(try prometheus(fields)) { _ in HTTPResponse(200, Self.vector("1")) }
      #expect(requests.first?.header("authorization") == expected, "\(fields)")
    }
    let inAddress = try metric("provider: {prometheus: {address: 'http://u:p%20w@p:9090', query: up}}")
    let (_, requests) = await measure(inAddress) { _ in HTTPResponse(200, Self.vector("1")) }
    #expect(requests.first?.url == "http://p:9090/api/v1/query")
    #expect(requests.first?.header("authorization") == basic)
    for fields in [
      ", authentication: {basicAuth: {username: u}}", ", authentication: {basicAuth: {password: p}}",
      ", authentication: {sigv4: {region: r}}", ", authentication: {oauth2: {tokenUrl: 'http://t', clientId: c}}",
      ", headers: [{key: A, value: \"x\\r\\nB: y\"}]", ", caBundle: abc",
    ] {
      let (measurement, requests) = await measure(try prometheus(fields)) { _ in HTTPResponse(200, Self.vector("1")) }
      #expect(measurement.phase == .error && requests.isEmpty, "\(fields)")
    }
    let (_, insecure) = await measure(try prometheus(", insecure: true")) { _ in HTTPResponse(200, Self.vector("1")) }
    #expect(insecure.first?.endpoint.trust == .insecure)
    let pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"
    let (_, trusted) = await measure(try prometheus(", caBundle: \(Base64.encode(Array(pem.utf8)))")) { _ in
      HTTPResponse(200, Self.vector("1"))
    }
    #expect(trusted.first?.endpoint.trust == .authorities(pem: Array(pem.utf8)))
  }

  @Test func tokensAreFetchedOnceAndWithTheSecretInTheForm() async throws {
    let oauth2 =
      ", authentication: {oauth2: {tokenUrl: 'http://t/token', clientId: 'c d', clientSecret: 's&t', scopes: [a, b]}}"
    let transport = AnsweringTransport { request in
      guard request.url == "http://t/token" else { return HTTPResponse(200, Self.vector("1")) }
      // This server takes no secret in a header.
      return request.header("authorization") != nil
        ? HTTPResponse(401) : HTTPResponse(200, #"{"access_token": "tok", "expires_in": 3600}"#)
    }
    let source = MetricSource(transport: transport, clock: Self.clock)
    let metric = try prometheus(oauth2)
    #expect(await source.measure(metric).phase == .successful)
    #expect(await source.measure(metric).phase == .successful)
    #expect(transport.requests.map(\.url).filter { $0 == "http://t/token" }.count == 2)
    #expect(transport.requests[0].header("authorization") == "Basic " + Base64.encode(Array("c%20d:s%26t".utf8)))
    #expect(
      transport.requests[1].text == "grant_type=client_credentials&scope=a%20b&client_id=c%20d&client_secret=s%26t")
    #expect(transport.requests.last?.header("authorization") == "Bearer tok")
  }

  @Test func webAnswers() async throws {
    let table: [(String, String, Int, String, AnalysisPhase, String)] = [
      ("result == 'ok'", "jsonPath: '{$.s}'", 200, #"{"s": "ok"}"#, .successful, "\"ok\""),
      ("result.n > 1", "", 200, #"{"n": 2}"#, .successful, #"{"n":2}"#),
      ("result == 'I am OK'", "", 200, "I am OK", .successful, "I am OK"),
      ("result == 1", "jsonPath: '{$.missing}'", 200, "{}", .error, ""), ("result == 1", "", 404, "1", .error, ""),
      ("result", "", 204, "true", .successful, "true"),
      ("result == 1", "jsonPath: $.a", 200, "{}", .error, ""), ("result == 1", "body: x", 200, "1", .error, ""),
      ("result == 1", "method: DELETE", 200, "1", .error, ""),
    ]
    for (condition, fields, status, body, phase, value) in table {
      let metric = try metric("successCondition: \"\(condition)\", provider: {web: {url: 'http://h/x', \(fields)}}")
      let (measurement, _) = await measure(metric) { _ in HTTPResponse(status, body) }
      #expect(
        measurement.phase == phase && measurement.value == value, "\(condition) \(fields) \(body): \(measurement)")
    }
  }

  @Test func webRequests() async throws {
    let metric = try metric(
      "provider: {web: {url: 'http://h/x', method: POST, timeoutSeconds: 3, headers: [{key: A, value: b}], jsonBody: {q: [1, two]}}}"
    )
    let (_, requests) = await measure(metric) { _ in HTTPResponse(200, "1") }
    let request = try #require(requests.first)
    #expect(request.method == "POST" && request.text == #"{"q":[1,"two"]}"#)
    #expect(request.header("content-type") == "application/json" && request.header("a") == "b")
    #expect(request.deadlines.total == 3)
    let plain = try self.metric("provider: {web: {url: 'http://h/x', method: PUT, body: text}}")
    let (_, puts) = await measure(plain) { _ in HTTPResponse(200, "1") }
    #expect(puts.first?.text == "text" && puts.first?.header("content-type") == nil)
  }

  @Test func otherProvidersSayThatTheyAreNotRun() async throws {
    for (provider, word) in [("job: {spec: {}}", "a Job"), ("datadog: {query: q}", "datadog")] {
      let (measurement, requests) = await measure(try metric("provider: {\(provider)}")) { _ in HTTPResponse(200, "1") }
      #expect(measurement.phase == .error && measurement.message.contains(word) && requests.isEmpty)
    }
  }
}
