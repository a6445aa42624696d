import Kubernetes
import Manifest
import Testing

struct KubeconfigCacheTests {
  private let disk = Disk()

  private func kubeconfig(_ server: String) -> String {
    """
    apiVersion: v1
    kind: Config
    current-context: c
    clusters: [{name: cl, cluster: {server: 'https://\(server)'}}]
    users: [{name: u, user: {token: t}}]
    contexts: [{name: c, context: {cluster: cl, user: u}}]
    """
  }

  @Test func readsAFileAgainOnlyWhenItChanged() throws {
    let cache = KubeconfigCache(files: disk.environment.files)
    func server() throws -> String { try cache.load(paths: ["/k/config"]).context().access.server }
    disk.write(["/k/config": kubeconfig("one")])
    #expect(try server() == "https://one")
    #expect(try server() == "https://one")
    #expect(disk.reads == 1)
    disk.write(["/k/config": kubeconfig("two")])
    #expect(try server() == "https://two")
    disk.write(["/k/config": nil])
    #expect(throws: Diagnostics.self) { try server() }
    disk.write(["/k/config": "not: [closed"])
    #expect(throws: Diagnostics.self) { try server() }
    disk.write(["/k/config": kubeconfig("three")])
    #expect(try server() == "https://three")
  }
}
