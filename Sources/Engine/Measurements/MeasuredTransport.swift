import HTTPClient

/// Counts requests to clusters by method and status on their way through.
struct MeasuredTransport: Transport {
  private static let methods: Set<String> = ["GET", "POST", "PUT", "PATCH", "DELETE"]

  let next: any Transport
  let measurements: Measurements

  func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    do {
      let response = try await next.send(request)
      count(request, "\(response.head.status)")
      return response
    } catch {
      count(request, error is CancellationError ? "cancelled" : "none")
      throw error
    }
  }

  func stream(_ request: HTTPRequest) async throws -> HTTPStream {
    do {
      let stream = try await next.stream(request)
      count(request, "\(stream.head.status)", verb: "WATCH")
      return stream
    } catch {
      count(request, error is CancellationError ? "cancelled" : "none", verb: "WATCH")
      throw error
    }
  }

  func endStreams(like request: HTTPRequest) { next.endStreams(like: request) }

  private func count(_ request: HTTPRequest, _ code: String, verb: String? = nil) {
    let method = verb ?? (Self.methods.contains(request.method) ? request.method : "other")
    measurements.count("muster_cluster_requests_total", ["verb": method, "code": code])
  }
}
