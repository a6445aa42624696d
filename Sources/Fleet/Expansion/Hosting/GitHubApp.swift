import Manifest
import Templating

/// A GitHub App that asks in the name of its installation (`appSecretName`).
extension GeneratorRun {
  /// The installation's token, for which GitHub wants one that the app signs. Nil, reported, where it cannot be had yet.
  mutating func installationToken(_ secret: String, _ api: String, _ mark: SourceMark) -> Redacted<String>? {
    var values: [Redacted<String>] = []
    for key in ["githubAppID", "githubAppInstallationID", "githubAppPrivateKey"] {
      switch self.secret(secret, key: key) {
      case .found(let value): if !value.reveal().isEmpty { values.append(value) }
      case .missing: break
      case .unknown: return nil
      }
    }
    guard values.count == 3 else {
      report(
        "generator.no-secret",
        "there is no Secret '\(DNSName.shown(secret))' with githubAppID, githubAppInstallationID and githubAppPrivateKey",
        mark)
      return nil
    }
    let (app, installation, key) = (values[0], values[1], values[2])
    guard let token = SignedToken.rs256(appClaims(app.reveal()), key: key) else {
      report("generator.bad-key", "the githubAppPrivateKey of the Secret is no RSA key in PEM", mark)
      return nil
    }
    let request = WebInquiry(
      method: .post, url: api + "/app/installations/\(URLText.component(installation.reveal()))/access_tokens",
      token: Redacted("Bearer " + token.reveal()))
    switch json(request, mark) {
    case .found(let (node, _)):
      if let token = node["token"]?.string, !token.isEmpty { return Redacted("Bearer " + token) }
      report("generator.hosting-reply", "\(api) gave no token for the GitHub App", mark)
    case .notFound: report("generator.hosting-status", "\(api) does not know the GitHub App's installation", mark)
    case .unknown: break
    }
    return nil
  }

  /// The same for five minutes, so that an expansion that runs again asks the same question; valid for as long at least.
  private func appClaims(_ app: String) -> Mapping {
    let block: Int64 = 300
    let start = Int64(max(0, min(now, 1e12))) / block * block
    return ["exp": Node(.int(start + 2 * block - 60)), "iat": Node(.int(start - 60)), "iss": .string(app)]
  }
}
