import Manifest
import Templating

/// One hosting service as a generator's specification names it: where its API is and how to prove who asks.
struct HostingService {
  /// Without a trailing slash, the API's version included.
  var base: String
  var token: Redacted<String>?
  var tokenHeader = "Authorization"
  var insecureTLS = false

  func request(_ path: String, _ query: [(String, String)] = []) -> WebInquiry {
    let text = query.map { "\($0.0)=\(URLText.component($0.1))" }.joined(separator: "&")
    return WebInquiry(
      url: base + path + (text.isEmpty ? "" : "?" + text), token: token, tokenHeader: tokenHeader,
      insecureTLS: insecureTLS)
  }
}

/// What came of asking a service for something that may not be there.
enum HostingAnswer<Value> {
  case found(Value)
  case notFound
  /// Reported, or not asked yet.
  case unknown
}

extension GeneratorRun {
  private static var pageSize: Int { 100 }
  private static var maximumPages: Int { 100 }

  /// All members of a list that comes in numbered pages.
  mutating func pages(
    _ service: HostingService, _ path: String, _ query: [(String, String)], sizeName: String = "per_page",
    _ mark: SourceMark
  ) -> HostingAnswer<[Node]> {
    var members: [Node] = []
    for page in 1...Self.maximumPages {
      let numbers = [(sizeName, String(Self.pageSize)), ("page", String(page))]
      switch json(service.request(path, query + numbers), mark) {
      case .found(let (node, link)):
        guard let nodes = node.sequence else {
          report("generator.hosting-reply", "\(service.base)\(path) did not answer with a list", mark)
          return .unknown
        }
        members += nodes
        let hasNext = link.contains("rel=\"next\"") || link.isEmpty && nodes.count >= Self.pageSize
        if !hasNext || nodes.isEmpty { return .found(members) }
      case .notFound: return .notFound
      case .unknown: return .unknown
      }
    }
    report("generator.too-many", "\(service.base)\(path) has more than \(Self.maximumPages) pages", mark)
    return .unknown
  }

  /// A JSON answer and its `Link` header. Statuses other than 404 that are no success are reported.
  mutating func json(_ request: WebInquiry, _ mark: SourceMark) -> HostingAnswer<(Node, String)> {
    guard let answer = answer(to: request) else { return .unknown }
    if answer.status == 404 { return .notFound }
    let address = request.url.prefix { $0 != "?" }
    guard (200..<300).contains(answer.status) else {
      let why = answer.status == 401 || answer.status == 403 ? ": the token is missing, wrong or not allowed to" : ""
      report("generator.hosting-status", "\(address) answered with status \(answer.status)\(why)", mark)
      return .unknown
    }
    guard let node = try? JSON.parse(answer.body, limits: TextLimits(bytes: 16 << 20)) else {
      report("generator.hosting-reply", "\(address) did not answer with JSON", mark)
      return .unknown
    }
    return .found((node, answer.link))
  }

  /// The token that a `tokenRef` names; an empty one where there is no reference. Nil, reported, where it leads nowhere.
  mutating func token(_ reference: Node?, _ mark: SourceMark) -> Redacted<String>? {
    guard let reference, !reference.isNull else { return Redacted("") }
    let name = reference["secretName"]?.string ?? ""
    let key = reference["key"]?.string ?? ""
    if let secret = objects.secret(name, key: key) {
      return Redacted(secret.reveal().split(whereSeparator: \.isWhitespace).joined())
    }
    report(
      "generator.no-secret", "there is no Secret '\(DNSName.shown(name))' with the key '\(DNSName.shown(key))'", mark)
    return nil
  }

  /// The service behind a provider's block; nil, reported, where its token cannot be had or its address is none.
  mutating func service(_ provider: String, _ node: Node, _ mark: SourceMark) -> HostingService? {
    let given = Destination.normalized(server: node["api"]?.string ?? "")
    if !given.isEmpty, let problem = WebAddress.problem(with: given, schemes: ["https", "http"]) {
      report("generator.bad-api", "the provider's api \(problem)", mark)
      return nil
    }
    if node["appSecretName"]?.string?.isEmpty == false {
      report("generator.unsupported", "appSecretName is not supported yet", mark, help: "use tokenRef")
      return nil
    }
    guard let token = token(node["tokenRef"], mark) else { return nil }
    var service = HostingService(base: Self.base(provider, given))
    service.insecureTLS = node["insecure"]?.bool ?? false
    guard !token.reveal().isEmpty else { return service }
    switch provider {
    case "gitlab":
      service.tokenHeader = "Private-Token"
      service.token = token
    case "gitea": service.token = Redacted("token " + token.reveal())
    case "azuredevops": service.token = Redacted("Basic " + Base64.encode(Array((":" + token.reveal()).utf8)))
    default: service.token = Redacted("Bearer " + token.reveal())
    }
    return service
  }

  private static func base(_ provider: String, _ given: String) -> String {
    switch provider {
    case "github":
      if given.isEmpty { return "https://api.github.com" }
      let host = given.drop { $0 != ":" }.dropFirst(3)
      let isAPIHost = host.hasPrefix("api.") || host.contains(".api.") || given.hasSuffix("/api/v3")
      return isAPIHost ? given : given + "/api/v3"
    case "gitlab": return (given.isEmpty ? "https://gitlab.com" : given) + "/api/v4"
    case "gitea": return (given.isEmpty ? "https://gitea.com" : given) + "/api/v1"
    case "azuredevops": return given.isEmpty ? "https://dev.azure.com" : given
    default: return given
    }
  }

  /// A regular expression of a filter; nil, reported, for what is none.
  mutating func expression(_ node: Node?, _ mark: SourceMark) -> LinearRegex?? {
    guard let text = node?.string, !text.isEmpty else { return .some(nil) }
    do throws(RegexError) {
      return .some(try LinearRegex(text))
    } catch {
      report(
        "generator.bad-filter", "error parsing regexp '\(DNSName.shown(text))': \(error.message)", node?.mark ?? mark)
      return nil
    }
  }
}

/// Text inside URLs.
enum URLText {
  /// Everything but letters, digits and `-_.~` as `%XX`.
  static func component(_ text: String) -> String {
    var out = ""
    for byte in text.utf8 {
      let isKept =
        byte >= 48 && byte <= 57 || (byte | 32) >= 97 && (byte | 32) <= 122 || [45, 46, 95, 126].contains(byte)
      if isKept {
        out.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        out += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
      }
    }
    return out
  }

  /// A path, its slashes kept.
  static func path(_ text: String) -> String {
    text.split(separator: "/").map { component(String($0)) }.joined(separator: "/")
  }
}
