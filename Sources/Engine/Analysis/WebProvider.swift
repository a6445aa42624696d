import Fleet
import HTTPClient
import Manifest

/// Takes the answer of a web request (`metricproviders/webmetric`).
struct WebProvider {
  let requests: MetricRequests

  /// - Throws: ``MetricFailure``
  func read(_ metric: WebMetric) async throws -> MetricReading {
    guard ["GET", "POST", "PUT"].contains(metric.method) else {
      throw MetricFailure("a method is GET, POST or PUT, not '\(Visible.text(metric.method))'")
    }
    guard metric.body.isEmpty || metric.jsonBody == nil else {
      throw MetricFailure("use either body or jsonBody; both cannot exist")
    }
    guard metric.method != "GET" || (metric.body.isEmpty && metric.jsonBody == nil) else {
      throw MetricFailure("body and jsonBody can only be used with POST or PUT")
    }
    let path: JSONPath
    do throws(JSONPath.Problem) {
      path = try JSONPath(metric.jsonPath)
    } catch {
      throw MetricFailure("jsonPath: \(error.message)")
    }
    let response = try await requests.send(
      MetricRequests.Call(
        method: metric.method, url: metric.url, headers: metric.headers, body: Self.body(metric),
        contentType: metric.jsonBody == nil ? nil : "application/json", authentication: metric.authentication,
        timeout: metric.timeout,
        endpoint: try MetricRequests.endpoint(isInsecure: metric.isInsecure, caBundle: metric.caBundle)))
    let status = response.head.status
    guard (200..<300).contains(status) else {
      let isRedirect = (300..<400).contains(status) && response.head.header("location") != nil
      throw MetricFailure(
        "received non 2xx response code: \(status)" + (isRedirect ? " (redirects are not followed)" : ""))
    }
    return try Self.reading(of: response.body, path)
  }

  private static func body(_ metric: WebMetric) -> [UInt8]? {
    if let json = metric.jsonBody { return JSON.write(json) }
    return metric.body.isEmpty ? nil : Array(metric.body.utf8)
  }

  /// What is no JSON is the result as text.
  static func reading(of body: [UInt8], _ path: JSONPath) throws -> MetricReading {
    guard let document = try? JSON.parse(body, file: "answer") else {
      return MetricReading(.text(String(decoding: body, as: UTF8.self)))
    }
    do throws(JSONPath.Problem) {
      return MetricReading(.json(try path.first(in: document)))
    } catch {
      throw MetricFailure("could not find JSONPath in body: \(error.message)")
    }
  }
}
