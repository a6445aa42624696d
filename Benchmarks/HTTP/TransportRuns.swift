import BenchmarkSupport
import HTTPClient

/// The same through ``CurlTransport``.
struct TransportRuns {
  let transport: CurlTransport
  let url: String
  let body: [UInt8]

  private var endpoint: HTTPEndpoint { HTTPEndpoint(trust: .insecure) }

  func request(_ index: Int) -> HTTPRequest {
    HTTPRequest(
      method: "PATCH", url: "\(url)/objects/\(index)",
      headers: [HTTPHeader("Content-Type", "application/apply-patch+yaml")], body: body, endpoint: endpoint)
  }

  func run(_ count: Int, width: Int) async throws -> Cost {
    let began = (wall: Usage.wall(), cpu: Usage.cpu())
    try await withThrowingTaskGroup(of: Void.self) { group in
      for lane in 0..<width {
        group.addTask {
          for index in stride(from: lane, to: count, by: width) {
            _ = try await transport.send(request(index))
          }
        }
      }
      try await group.waitForAll()
    }
    return Cost(
      rate: Double(count) / (Usage.wall() - began.wall), cpu: (Usage.cpu() - began.cpu) * 1000 / Double(count))
  }

  /// Seconds of each of `count` requests, one after the other.
  func latencies(_ count: Int) async throws -> [Double] {
    var seconds: [Double] = []
    for index in 0..<count {
      let began = Usage.wall()
      _ = try await transport.send(HTTPRequest(url: "\(url)/objects/\(index)", endpoint: endpoint))
      seconds.append(Usage.wall() - began)
    }
    return seconds
  }

  /// Opens watches that stay silent. Different server names have connections of their own.
  func watch(_ count: Int, apart: Bool) async throws -> [HTTPStream] {
    let deadlines = HTTPDeadlines(connect: 60, firstByte: 120, idle: nil, total: nil)
    return try await withThrowingTaskGroup(of: HTTPStream.self) { group in
      var streams: [HTTPStream] = []
      for index in 0..<count {
        if index >= 200, let stream = try await group.next() { streams.append(stream) }
        group.addTask {
          var endpoint = endpoint
          if apart { endpoint.serverName = "cluster-\(index).example" }
          return try await transport.stream(
            HTTPRequest(url: "\(url)/hold", endpoint: endpoint, lane: .watch, deadlines: deadlines))
        }
      }
      for try await stream in group { streams.append(stream) }
      return streams
    }
  }
}
