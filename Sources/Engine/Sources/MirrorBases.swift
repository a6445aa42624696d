package import Kustomize
package import Manifest

/// Bases of kustomizations in other repositories, read from this process's own mirrors.
///
/// Only hosts that were named may be reached: a kustomization is somebody's text.
package struct MirrorBases: RemoteBases {
  private let mirrors: GitMirrors
  private let hosts: Set<String>

  /// - Parameter hosts: that repositories may be on, in lower case; `*` for every host.
  package init(mirrors: GitMirrors, hosts: Set<String>) {
    self.mirrors = mirrors
    self.hosts = hosts
  }

  /// Waits for the mirror: call from ``RenderThreads``, not from the cooperative pool.
  package func tree(_ reference: RemoteReference) throws -> any FileTree {
    let url = try Self.allowed(reference, hosts)
    return try RenderThreads.waiting {
      let commit = try await mirrors.resolve(url, revision: reference.revision, freshness: .polled).commit
      return await mirrors.tree(url, at: commit)
    }
  }

  /// The address of a base, where its host is one of `hosts`.
  /// - Throws: ``Failure`` `source.remote-refused`
  static func allowed(_ reference: RemoteReference, _ hosts: Set<String>) throws -> GitURL {
    let url = try GitURL(reference.repository)
    let host = Self.host(of: url)
    guard hosts.contains(host) || hosts.contains("*") && url.transport != .file else {
      throw Failure(
        "source.remote-refused", subject: "base \(url)", stage: "render",
        "bases on host '\(host)' are not allowed", retry: .never)
    }
    return url
  }

  /// `file` for repositories on this machine, which must be allowed by that name.
  private static func host(of url: GitURL) -> String {
    let authority = url.origin?.split(separator: "/").last ?? "file"
    return authority.split(separator: ":").first.map { $0.lowercased() } ?? ""
  }
}
