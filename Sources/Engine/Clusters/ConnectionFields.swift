import Fleet
import Manifest

extension Cluster.Connection {
  /// What a manifest says of the connection, as fields of a kubeconfig's `cluster`: null for what it takes away.
  ///
  /// A trust is taken as a whole: who names a CA does not mean the file's `insecure-skip-tls-verify`, and the other
  /// way round.
  /// - Parameter absolute: makes a path absolute.
  func kubeconfigFields(_ absolute: (String) -> String) -> Mapping {
    var fields: Mapping = ["server": .string(server)]
    if insecureSkipTLSVerify || caData != nil || caFile != nil {
      fields["insecure-skip-tls-verify"] = Node(.bool(insecureSkipTLSVerify))
      fields["certificate-authority-data"] = Node(.null)
      fields["certificate-authority"] = Node(.null)
    }
    if insecureSkipTLSVerify {
      // Checked to stand alone.
    } else if let caData {
      fields["certificate-authority-data"] = .string(Base64.encode(caData))
    } else if let caFile {
      fields["certificate-authority"] = .string(absolute(caFile))
    }
    if let tlsServerName { fields["tls-server-name"] = .string(tlsServerName) }
    if let proxyURL { fields["proxy-url"] = .string(proxyURL.reveal()) }
    return fields
  }
}
