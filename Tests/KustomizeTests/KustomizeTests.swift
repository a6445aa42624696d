import Manifest
import Testing

@testable import Kustomize

@Suite struct SmokeTests {
  @Test func rendersABase() throws {
    let tree = MemoryFileTree([
      "kustomization.yaml": "resources: [a.yaml]\n",
      "a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
    ])
    let rendering = try renderSource(tree, at: .root)
    #expect(rendering.documents.count == 1)
  }
}
