package import Manifest

/// How a request proves who it is.
package struct MetricAuthentication: Sendable {
  package struct OAuth2: Sendable {
    package var tokenURL: String
    package var clientID: String
    package var clientSecret: Redacted<String>
    package var scopes: [String]
  }

  package var basic: (username: String, password: Redacted<String>)?
  package var oauth2: OAuth2?
  /// Whether signatures of AWS are asked for, which are not made here.
  package var isSigned: Bool

  init(_ node: Node?) {
    let basicNode = node?["basicAuth"]
    let username = basicNode?["username"]?.string ?? ""
    let password = basicNode?["password"]?.string ?? ""
    basic = username.isEmpty && password.isEmpty ? nil : (username, Redacted(password))
    let tokenNode = node?["oauth2"]
    let tokenURL = tokenNode?["tokenUrl"]?.string ?? ""
    oauth2 =
      tokenURL.isEmpty
      ? nil
      : OAuth2(
        tokenURL: tokenURL, clientID: tokenNode?["clientId"]?.string ?? "",
        clientSecret: Redacted(tokenNode?["clientSecret"]?.string ?? ""),
        scopes: (tokenNode?["scopes"]).texts)
    isSigned = node?["sigv4"]?.mapping.map { !$0.isEmpty } ?? false
  }
}

/// A header of a request; its value may be a secret.
package struct MetricHeader: Sendable {
  package var name: String
  package var value: Redacted<String>
}

/// A query of Prometheus, or of what speaks its API.
package struct PrometheusMetric: Sendable {
  package struct Range: Sendable {
    /// Expressions such as `now() - duration("1h")`.
    package var start: String
    package var end: String
    package var step: String
  }

  /// Empty: the hub's default, from the environment.
  package var address: String
  package var query: String
  package var range: Range?
  /// Seconds.
  package var timeout: Double
  package var headers: [MetricHeader]
  package var authentication: MetricAuthentication
  package var isInsecure: Bool
  /// PEM, or Base64 of it. Ours: Argo Rollouts has no such field.
  package var caBundle: String?

  init(_ node: Node) {
    address = node["address"]?.string ?? ""
    query = node["query"]?.string ?? ""
    range = node["rangeQuery"].flatMap { range in
      guard range.mapping != nil else { return nil }
      return Range(
        start: range["start"]?.string ?? "", end: range["end"]?.string ?? "", step: range["step"]?.string ?? "")
    }
    timeout = node["timeout"]?.int.map { Double(min($0, 86_400)) } ?? 30
    headers = MetricHeader.list(node["headers"])
    authentication = MetricAuthentication(node["authentication"])
    isInsecure = node["insecure"]?.bool ?? false
    caBundle = node["caBundle"]?.string
  }
}

/// A request whose answer is the result.
package struct WebMetric: Sendable {
  package var method: String
  package var url: String
  package var headers: [MetricHeader]
  package var body: String
  package var jsonBody: Node?
  /// Seconds.
  package var timeout: Double
  /// Kubernetes' JSONPath; `{$}` where it says nothing.
  package var jsonPath: String
  package var authentication: MetricAuthentication
  package var isInsecure: Bool
  package var caBundle: String?

  init(_ node: Node) {
    let named = node["method"]?.string ?? ""
    method = named.isEmpty ? "GET" : named
    url = node["url"]?.string ?? ""
    headers = MetricHeader.list(node["headers"])
    body = node["body"]?.string ?? ""
    jsonBody = node["jsonBody"].flatMap { $0.isNull ? nil : $0 }
    let seconds = node["timeoutSeconds"]?.int ?? 0
    timeout = seconds <= 0 ? 10 : Double(min(seconds, 86_400))
    let path = node["jsonPath"]?.string ?? ""
    jsonPath = path.isEmpty ? "{$}" : path
    authentication = MetricAuthentication(node["authentication"])
    isInsecure = node["insecure"]?.bool ?? false
    caBundle = node["caBundle"]?.string
  }
}

extension MetricHeader {
  static func list(_ node: Node?) -> [MetricHeader] {
    (node?.sequence ?? []).compactMap { header in
      guard let name = header["key"]?.string else { return nil }
      return MetricHeader(name: name, value: Redacted(header["value"]?.string ?? ""))
    }
  }
}

/// Where a metric comes from.
package enum MetricProvider: Sendable {
  case prometheus(PrometheusMetric)
  case web(WebMetric)
  case job(Node)
  /// One that is not asked here, by its name in the manifest.
  case other(String)

  init(_ node: Node) {
    let named = node.mapping?.members.first { !$0.value.isNull }
    switch (named?.key, named?.value) {
    case ("prometheus", let value?): self = .prometheus(PrometheusMetric(value))
    case ("web", let value?): self = .web(WebMetric(value))
    case ("job", let value?): self = .job(value)
    default: self = .other(named?.key ?? "none")
    }
  }

  package var name: String {
    switch self {
    case .prometheus: "Prometheus"
    case .web: "Web"
    case .job: "Job"
    case .other(let name): name
    }
  }
}

/// A metric with its arguments put in.
package struct Metric: Sendable {
  package var name: String
  package var limits: MetricLimits
  package var successCondition: String
  package var failureCondition: String
  package var provider: MetricProvider

  /// - Throws: ``ArgumentProblem``, ``Diagnostics``
  package init(_ template: Node, arguments: [String: String], file: String) throws {
    var node = try ArgumentText.filled(template, arguments)
    // Unknown fields were told when the file was read.
    var shape = ShapeCheck(file: file, strict: false)
    shape.check(&node, .metric)
    var rules = AnalysisRules(file: file)
    rules.check(metric: node)
    // A condition that is no expression makes its measurements errors, not the run.
    let problems =
      shape.diagnostics.filter { $0.severity == .error } + rules.diagnostics.filter { $0.code != "analysis.condition" }
    guard problems.isEmpty else { throw Diagnostics(problems) }
    do throws(MetricLimits.FieldProblem) {
      limits = try MetricLimits(node)
    } catch {
      throw Diagnostic("analysis.bad-duration", error.message, at: SourceLocation(file: file, mark: node.mark))
    }
    name = node["name"]?.string ?? ""
    successCondition = node["successCondition"]?.string ?? ""
    failureCondition = node["failureCondition"]?.string ?? ""
    provider = MetricProvider(node["provider"] ?? .null)
  }
}
