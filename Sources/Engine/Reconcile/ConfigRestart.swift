import Crypto
import Fleet
import Manifest

/// Restarts of Pods when their configuration changes, where an Application or a workload asks for them.
enum ConfigRestart {
  static func isWanted(by application: Application) -> Bool {
    ConfigChecksum.isRequested(by: application.root["metadata"]?["annotations"]) ?? false
  }

  /// - Parameter objects: placed, with a Secret's `stringData` folded into its `data`.
  static func applied(to objects: [Object], of application: Application) -> [Object] {
    ConfigChecksum.applied(to: objects, isDefault: isWanted(by: application)) { bytes in
      SHA256.hash(data: bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
  }
}
