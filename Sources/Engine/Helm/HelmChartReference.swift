import Fleet
import Manifest

/// A chart in a chart repository, checked once: nothing of it can be read as an option of helm's.
struct HelmChartReference: Sendable, Hashable {
  /// `https://…`, `http://…`, or `oci://…`; without user information.
  let repository: String
  let chart: String
  /// A version, a range of versions, or the digest of an OCI artifact.
  let version: String
  let passesCredentials: Bool
  /// The address by which credentials are found; it may carry some.
  let address: GitURL

  static func == (a: Self, b: Self) -> Bool {
    a.repository == b.repository && a.chart == b.chart && a.version == b.version
      && a.passesCredentials == b.passesCredentials
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(repository)
    hasher.combine(chart)
    hasher.combine(version)
  }

  var isOCI: Bool { repository.hasPrefix("oci://") }
  /// `registry.example.org:5000` of an OCI repository.
  var host: String { String(repository.dropFirst(6).prefix { $0 != "/" }) }
  var isDigest: Bool { version.hasPrefix("sha256:") }
  /// One version, which a repository never changes.
  var isPinned: Bool {
    if isDigest { return true }
    let numbers = (version.hasPrefix("v") ? version.dropFirst() : version[...]).prefix { $0 != "-" && $0 != "+" }
    let parts = numbers.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 3 && parts.allSatisfy { UInt64($0) != nil }
  }

  /// `web 1.2.0 of https://charts.example.org`
  var description: String { "\(chart) \(version) of \(repository)" }

  /// - Throws: ``Failure`` `source.chart`
  init(_ source: ApplicationSource, passesCredentials: Bool = false) throws(Failure) {
    let raw = source.repoURL
    let lower = raw.lowercased()
    let rest =
      ["https://", "http://", "oci://"].first { lower.hasPrefix($0) }.map { raw.dropFirst($0.count) }
      ?? (raw.contains("://") ? nil : raw[...])
    guard let rest, !rest.isEmpty, !raw.hasPrefix("-") else {
      throw Self.refuse("the address of a chart repository begins with https://, http:// or oci://")
    }
    let isHTTP = lower.hasPrefix("http://") || lower.hasPrefix("https://")
    let scheme = lower.hasPrefix("http://") ? "http://" : "https://"
    // Credentials are found by host and path; a repository may be a whole host, which Git's address cannot.
    let hasPath = rest.firstIndex(of: "/").map { rest[$0...].contains { $0 != "/" } } ?? false
    do {
      address = try GitURL(scheme + (hasPath ? rest : rest.prefix { $0 != "/" } + "/-"))
    } catch let failure as Failure {
      throw Self.refuse(failure.message)
    } catch {
      throw Self.refuse("the address cannot be read")
    }
    var shown = (hasPath ? address.text : address.origin ?? "").dropFirst(scheme.count)
    while shown.hasSuffix("/") { shown.removeLast() }
    repository = (isHTTP ? scheme : "oci://") + shown
    chart = try Self.chart(source.chart)
    version = try Self.version(source.targetRevision)
    self.passesCredentials = passesCredentials
  }

  private static func chart(_ name: String) throws(Failure) -> String {
    let isPlain = name.utf8.allSatisfy { byte in
      byte < 0x80 && (Character(UnicodeScalar(byte)).isLetter || Character(UnicodeScalar(byte)).isNumber)
        || "-_./".utf8.contains(byte)
    }
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard isPlain, name.utf8.count <= 255, !name.hasPrefix("-"),
      parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." })
    else { throw refuse("'\(Visible.text(name))' is no name of a chart") }
    return name
  }

  /// Versions and ranges as Masterminds/semver has them, or `sha256:…`.
  private static func version(_ text: String) throws(Failure) -> String {
    guard !text.isEmpty else { throw refuse("a chart needs a targetRevision: a version, or a range of versions") }
    let isPlain = text.utf8.allSatisfy { byte in
      byte < 0x80 && (Character(UnicodeScalar(byte)).isLetter || Character(UnicodeScalar(byte)).isNumber)
        || " -_.+*~^<>=!|,:".utf8.contains(byte)
    }
    guard isPlain, text.utf8.count <= 255, !text.hasPrefix("-") else {
      throw refuse("'\(Visible.text(text))' is no version of a chart, nor a range of versions")
    }
    return text
  }

  private static func refuse(_ message: String) -> Failure {
    Failure("source.chart", subject: "chart", stage: "render", message, retry: .never)
  }
}

extension HelmChartReference {
  /// The name under which ``HelmRepositories`` lists its repository.
  static let repositoryName = "muster"

  /// The arguments of `helm pull` (https://helm.sh/docs/helm/helm_pull/).
  ///
  /// - Parameters:
  ///   - folder: where the chart's own folder and its archive go.
  ///   - isListed: the repository is in helm's own list, with the credentials for it, which must not be arguments.
  func pullArguments(into folder: String, isListed: Bool, access: GitAccess) -> [String] {
    var arguments = ["pull", "--untar", "--untardir=" + folder + "/chart", "--destination=" + folder]
    if !isDigest { arguments.append("--version=" + version) }
    if !isOCI, !isListed { arguments.append("--repo=" + repository) }
    if passesCredentials, !isOCI { arguments.append("--pass-credentials") }
    if let file = access.authorityFile { arguments.append("--ca-file=" + file) }
    if access.insecureTLS { arguments.append("--insecure-skip-tls-verify") }
    return arguments + ["--", name(isListed: isListed)]
  }

  private func name(isListed: Bool) -> String {
    let digest = isDigest ? "@" + version : ""
    if isOCI { return repository + "/" + chart + digest }
    return (isListed ? Self.repositoryName + "/" : "") + chart + digest
  }
}
