import Foundation

/// How the hub runs `helm`.
package struct HelmSettings: Sendable {
  /// Absolute; nil looks `helm` up in `PATH`.
  package var program: String?
  /// Of remote value files; empty for none.
  package var valueFileSchemes: Set<String> = ["https", "http"]
  /// Of one run.
  package var deadline: Duration = .seconds(90)
  /// Bytes of manifests that one run may print.
  package var outputBytes = 64 << 20
  /// Bytes of data segment and heap that one run may take.
  package var memoryBytes = 2 << 30
  /// Bytes of a chart, its dependencies and value files.
  package var chartBytes = 100 << 20
  package var chartFiles = 20_000
  package var chartDepth = 32
  /// Runs at once.
  package var width = 4
  /// Seconds for which what is not pinned is taken as it is: a range of versions, a remote value file.
  package var freshSeconds = 120.0
  /// The environment that `helm` starts from; the rest is our own.
  package var environment: [String: String]

  private static let inherited = [
    "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR",
  ]

  package init() { environment = ProcessEnvironment.allowing(Self.inherited) }

  /// As `MUSTER_HELM` (the path of the program) and `MUSTER_HELM_VALUE_FILE_SCHEMES` (`https,http`, or `none`) say.
  package static var ofEnvironment: HelmSettings {
    var settings = HelmSettings()
    let variables = ProcessInfo.processInfo.environment
    if let program = variables["MUSTER_HELM"], program.hasPrefix("/") { settings.program = program }
    if let schemes = variables["MUSTER_HELM_VALUE_FILE_SCHEMES"] {
      let known = schemes.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
      settings.valueFileSchemes = settings.valueFileSchemes.intersection(known)
    }
    return settings
  }
}
