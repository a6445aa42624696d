import BenchmarkSupport
import CCurl
import Glibc
import HTTPClient

/// Small requests through ``CurlTransport`` against a bare libcurl loop, and request latency beside idle watches.
@main struct HTTPBenchmark {
  static func main() async throws {
    let arguments = Arguments(Array(CommandLine.arguments.dropFirst()))
    if arguments.serves { return try await BenchmarkServer.serve() }
    raiseDescriptorLimit()
    muster_global_init()
    let child = arguments.server == nil ? try ServerProcess() : nil
    defer { child?.stop() }
    let url = arguments.server ?? child?.url ?? ""
    let body = [UInt8](
      "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\"},\"data\":{\"a\":\"\(String(repeating: "b", count: 320))\"}}"
        .utf8)
    let transport = try CurlTransport()
    let runs = TransportRuns(transport: transport, url: url, body: body)
    let rates = try await compare(runs, arguments)
    let idle = try await besideWatches(runs, arguments)
    print("{\"benchmark\":\"http\",\(rates),\(idle)}")
    transport.shutdown()
  }

  /// Alternating rounds; the medians count.
  private static func compare(_ runs: TransportRuns, _ arguments: Arguments) async throws -> String {
    guard let bare = BareLoop(width: arguments.width) else { return "" }
    let requests = (0..<arguments.requests).map { runs.request($0) }
    _ = bare.run(Array(requests.prefix(arguments.requests / 10)))
    _ = try await runs.run(arguments.requests / 10, width: arguments.width)
    var ours: [Cost] = []
    var theirs: [Cost] = []
    for _ in 0..<arguments.rounds {
      theirs.append(bare.run(requests))
      ours.append(try await runs.run(arguments.requests, width: arguments.width))
    }
    let rate = ours.map(\.rate).quantile(0.5)
    let bareRate = theirs.map(\.rate).quantile(0.5)
    return """
      "requests":\(arguments.requests),"width":\(arguments.width),"rate":\(rate.thousandths),\
      "bareRate":\(bareRate.thousandths),"ratio":\((rate / bareRate).thousandths),\
      "cpuMs":\(ours.map(\.cpu).quantile(0.5).thousandths),"bareCpuMs":\(theirs.map(\.cpu).quantile(0.5).thousandths),\
      "bareFailures":\(bare.failures)
      """
  }

  private static func besideWatches(_ runs: TransportRuns, _ arguments: Arguments) async throws -> String {
    let alone = try await runs.latencies(2_000)
    var memory = Usage.memory()
    let streams = try await runs.watch(arguments.watches, apart: false)
    let perStream = (Usage.memory() - memory) / max(1, streams.count)
    let beside = try await runs.latencies(2_000)
    memory = Usage.memory()
    let apart = try await runs.watch(arguments.connections, apart: true)
    let perConnection = (Usage.memory() - memory) / max(1, apart.count)
    let cpu = Usage.cpu()
    try await Task.sleep(for: .seconds(3))
    let idleShare = (Usage.cpu() - cpu) / 3
    withExtendedLifetime((streams, apart)) {}
    let median = beside.quantile(0.5) / alone.quantile(0.5)
    return """
      "watches":\(streams.count),"aloneMs":\((alone.quantile(0.5) * 1000).thousandths),\
      "besideMs":\((beside.quantile(0.5) * 1000).thousandths),"latencyRatio":\(median.thousandths),\
      "p99RatioBeside":\((beside.quantile(0.99) / alone.quantile(0.99)).thousandths),\
      "bytesPerStream":\(perStream),"bytesPerConnection":\(perConnection),"idleCpuShare":\(idleShare.thousandths)
      """
  }

  private static func raiseDescriptorLimit() {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
