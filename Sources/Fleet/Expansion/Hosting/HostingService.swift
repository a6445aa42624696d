import Manifest
import Templating

/// One hosting service as a generator's specification names it: where its API is and how to prove who asks.
struct HostingService {
  /// Without a trailing slash, the API's version included.
  var base: String
  var token: Redacted<String>?
  var tokenHeader = "Authorization"
  var insecureTLS = false
  /// PEM; empty for the usual authorities.
  var authorities = ""
  var pullRequestsOf: RepositoryName?

  func request(_ path: String, _ query: [(String, String)] = []) -> WebInquiry {
    let text = query.map { "\($0.0)=\(URLText.component($0.1))" }.joined(separator: "&")
    var request = WebInquiry(
      url: base + path + (text.isEmpty ? "" : "?" + text), token: token, tokenHeader: tokenHeader,
      insecureTLS: insecureTLS, authorities: authorities)
    request.pullRequestsOf = pullRequestsOf
    return request
  }

  /// A page that an answer names by its whole address; nil for one elsewhere, which must not see the token.
  func request(address: String) -> WebInquiry? {
    guard address.hasPrefix(base + "/") else { return nil }
    var request = request("")
    request.url = address
    return request
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
    switch secret(name, key: key) {
    case .found(let secret): return Redacted(secret.reveal().split(whereSeparator: \.isWhitespace).joined())
    case .unknown: return nil
    case .missing:
      report(
        "generator.no-secret", "there is no Secret '\(DNSName.shown(name))' with the key '\(DNSName.shown(key))'", mark)
      return nil
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
