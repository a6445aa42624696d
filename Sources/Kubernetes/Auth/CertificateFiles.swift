package import HTTPClient
import Synchronization

/// The files of an endpoint's authorities, client certificate and key: read again when they change, since agents rotate
/// them in place, as client-go does.
///
/// Looked at once in ten seconds at most. A file that cannot be read, or holds no PEM, leaves what was last good; it may
/// just be in the middle of being replaced.
package final class CertificateFiles: Sendable {
  /// Paths; nil for what is not in a file.
  package struct Paths: Sendable, Equatable {
    var authorities: String?
    var certificate: String?
    var key: String?

    package init(authorities: String? = nil, certificate: String? = nil, key: String? = nil) {
      self.authorities = authorities
      self.certificate = certificate
      self.key = key
    }

    var all: [String] { [authorities, certificate, key].compactMap(\.self) }
  }

  private struct State {
    var authorities: [UInt8]?
    var certificate: [UInt8]?
    var key: [UInt8]?
    /// In the order of the paths; nil before the first look.
    var stamps: [LocalFiles.Stamp?]?
    var lookedAt = -Double.infinity
  }

  private static let interval = 10.0
  private static let maximumBytes = 1 << 20

  private let paths: Paths
  private let files: LocalFiles
  private let clock: WallClock
  private let state = Mutex(State())

  /// Nil where there is no file to look at.
  package init?(_ paths: Paths, files: LocalFiles, clock: WallClock) {
    guard !paths.all.isEmpty else { return nil }
    self.paths = paths
    self.files = files
    self.clock = clock
  }

  /// The endpoint with what the files hold now, as far as they could be read.
  package func renew(_ endpoint: HTTPEndpoint) -> HTTPEndpoint {
    state.withLock { state in
      look(&state)
      var renewed = endpoint
      if let authorities = state.authorities { renewed.trust = .authorities(pem: authorities) }
      if let certificate = state.certificate { renewed.clientCertificate?.chain = certificate }
      if let key = state.key { renewed.clientCertificate?.key = key }
      return renewed
    }
  }

  private func look(_ state: inout State) {
    let now = clock.now()
    // A clock that was set back must not stop the looking.
    guard now < state.lookedAt || now - state.lookedAt >= Self.interval else { return }
    state.lookedAt = now
    // Stamps first: what changes meanwhile is seen the next time.
    let stamps = paths.all.map { files.stamp($0) }
    if let known = state.stamps, known == stamps, !stamps.contains(nil) { return }
    let authorities = read(paths.authorities, PEM.hasCertificate)
    let certificate = read(paths.certificate, PEM.hasCertificate)
    let key = read(paths.key, PEM.hasPrivateKey)
    let isPairWhole = (certificate != nil || paths.certificate == nil) && (key != nil || paths.key == nil)
    // Arrays that hold the same are kept: they compare at once with those of earlier requests.
    if let authorities, authorities != state.authorities { state.authorities = authorities }
    if isPairWhole, let certificate, certificate != state.certificate { state.certificate = certificate }
    if isPairWhole, let key, key != state.key { state.key = key }
    let isWhole = isPairWhole && (authorities != nil || paths.authorities == nil)
    state.stamps = isWhole ? stamps : nil
  }

  private func read(_ path: String?, _ isUsable: ([UInt8]) -> Bool) -> [UInt8]? {
    guard let path, let bytes = try? files.read(path, Self.maximumBytes), isUsable(bytes) else { return nil }
    return bytes
  }
}
