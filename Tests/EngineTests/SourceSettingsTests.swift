import Fleet
import Kustomize
import Manifest
import Testing

@testable import Engine

/// What an Application's source comes to before it is rendered.
@Suite struct SourceSettingsTests {
  private func source(_ kustomize: String) throws -> ApplicationSource {
    let text = "{repoURL: 'https://example.com/r', path: app, targetRevision: main, kustomize: \(kustomize)}"
    return ApplicationSource(try #require(try YAML.parse(Array(text.utf8)).first))
  }

  private func application(_ name: String) throws -> Application {
    let text = """
      {apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: \(name)}, spec: {project: p,
       destination: {namespace: n, name: c}, source: {repoURL: 'https://example.com/r', path: app, targetRevision: main}}}
      """
    let node = try #require(try YAML.parse(Array(text.utf8)).first)
    return try #require(Application.read(node, file: "a").value)
  }

  @Test func filesInTheFolderChangeTheSource() throws {
    let path = try #require(TreePath("app"))
    let tree = MemoryFileTree([
      "app/.argocd-source.yaml":
        "kustomize: {namePrefix: a-, nameSuffix: -a, images: [x:1]}\npath: elsewhere\nrepoURL: https://evil.example/x\n",
      "app/.argocd-source-web.yaml": "kustomize: {nameSuffix: null, namespace: n}\n",
      "bad/.argocd-source.yaml": "[1]\n",
    ])
    let before = try source("{namePrefix: z-, images: [y:2]}")
    func prepared(_ name: String, at path: TreePath) throws -> ApplicationSource {
      try PreparedSource(before, of: try application(name), in: tree, at: path, revision: "0").source
    }
    let changed = try prepared("web", at: path)
    #expect(changed.path == "app" && changed.repoURL == before.repoURL)
    let options = try SourceOptions.render(changed).kustomize
    #expect(options.namePrefix == "a-" && options.nameSuffix.isEmpty && options.namespace == "n")
    #expect(options.images == ["x:1"])
    let other = try SourceOptions.render(try prepared("api", at: path))
    #expect(other.kustomize.nameSuffix == "-a" && other.kustomize.namespace.isEmpty)
    #expect(try SourceOptions.render(try prepared("web", at: .root)).kustomize.namePrefix == "z-")
    let bad = try #require(TreePath("bad"))
    #expect(throws: (any Error).self) { try prepared("web", at: bad) }
  }

  @Test func variablesStandForWhatTheApplicationIs() throws {
    let application = try application("web")
    let revision = "0123456789abcdef0123456789abcdef01234567"
    let environment = BuildEnvironment(application, application.sources[0], revision: revision)
    let cases = [
      ("x:$ARGOCD_APP_REVISION_SHORT", "x:0123456"), ("${ARGOCD_APP_NAME}-$ARGOCD_APP_NAMESPACE", "web-n"),
      ("$$5 and $UNKNOWN.", "$5 and ."), ("a $ b", "a $ b"), ("${open", "$" + "{open"), ("$", "$"),
    ]
    for (text, wanted) in cases { #expect(environment.substitute(text) == wanted, "\(text)") }
    let settings = try source(
      "{images: ['x:$ARGOCD_APP_NAME'], commonLabels: {l: $ARGOCD_APP_NAME}, commonAnnotations: {a: $ARGOCD_APP_NAME}}")
    let prepared = try PreparedSource(
      settings, of: application, in: MemoryFileTree([:]), at: .root, revision: revision)
    let options = try SourceOptions.render(prepared.source).kustomize
    #expect(options.images == ["x:web"] && options.commonLabels == ["l": "web"])
    #expect(options.commonAnnotations == ["a": "$ARGOCD_APP_NAME"])
    let wrong = try source("{replicas: [{name: x, count: many}]}")
    #expect(throws: Failure.self) { try SourceOptions.render(wrong) }
  }

  @Test func aCheckoutIsRenderedAsTheHubDoes() async throws {
    let configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    let item = try #require(
      try YAML.parse(
        Array(
          """
          name: web-1
          project: team
          cluster: edge-1
          namespace: shop
          source: {repoURL: 'https://example.org/a/b', path: app, targetRevision: main}
          status: {sync: {revision: "0123456789"}}
          """.utf8)
      ).first)
    let kustomization = ["app/kustomization.yaml": "resources: [a.yaml]\n", "app/a.yaml": configMap]
    let table: [(files: [String: String], name: String, label: String?)] = [
      ([:], "a", nil),
      (["app/.argocd-source.yaml": "kustomize: {namePrefix: x-}\n"], "x-a", nil),
      (
        [
          "app/.argocd-source.yaml": "kustomize: {namePrefix: x-}\n",
          "app/.argocd-source-web-1.yaml": "kustomize: {namePrefix: y-}\n",
          "app/.argocd-source-web-2.yaml": "kustomize: {namePrefix: z-}\n",
        ], "y-a", nil
      ),
      (
        ["app/.argocd-source.yaml": "kustomize: {commonLabels: {app: $ARGOCD_APP_NAME-$ARGOCD_APP_REVISION_SHORT}}\n"],
        "a", "web-1-0123456"
      ),
    ]
    for (files, name, label) in table {
      let tree = MemoryFileTree(kustomization.merging(files) { $1 })
      let rendering = try await CheckoutRendering(tree, named: "checkout").render(
        try CheckoutRendering.application(item), revision: item["status"]?["sync"]?["revision"]?.string)
      let metadata = rendering.documents.first?.root["metadata"]
      #expect(metadata?["name"]?.string == name, "\(files)")
      #expect(metadata?["labels"]?["app"]?.string == label, "\(files)")
    }
  }

  /// Every source of the checkout's repository; what is of another one is not passed over in silence.
  @Test func allSourcesOfACheckoutAreRendered() async throws {
    func item(_ second: String) throws -> Node {
      let text = """
        {name: web, cluster: edge-1, namespace: shop,
         source: {repoURL: 'https://example.org/a', path: one, targetRevision: main},
         sources: [{repoURL: 'https://example.org/a', path: one, targetRevision: main},
           {repoURL: '\(second)', path: two, targetRevision: main}]}
        """
      return try YAML.parse(Array(text.utf8))[0]
    }
    let configMap = { (name: String) in "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \(name)}\n" }
    let tree = MemoryFileTree(["one/a.yaml": configMap("a"), "two/b.yaml": configMap("b")])
    let rendering = try await CheckoutRendering(tree, named: "checkout").render(
      try CheckoutRendering.application(try item("https://example.org/a")))
    #expect(rendering.documents.compactMap { $0.root["metadata"]?["name"]?.string } == ["a", "b"])
    let failure = try #require(
      throws: Failure.self, performing: { try CheckoutRendering.application(try item("https://example.org/b")) })
    #expect(failure.code == "source.elsewhere" && failure.message.contains("https://example.org/b"))
  }

  @Test func basesAreReadFromMirrorsOfHostsThatWereNamed() async throws {
    let repository = try await TestRepository()
    try await repository.commit([
      "base/kustomization.yaml": "resources: [a.yaml]\n",
      "base/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
    ])
    let test = try TestMirrors()
    let top = MemoryFileTree(["kustomization.yaml": "resources: ['file://\(repository.path)//base?ref=main']\n"])
    func render(_ hosts: Set<String>) async throws -> String {
      var options = RenderOptions()
      options.remotes = MirrorBases(mirrors: test.mirrors, hosts: hosts)
      let shared = options
      return try await RenderThreads.shared.run {
        String(decoding: try renderSource(top, at: .root, options: shared).yaml, as: UTF8.self)
      }
    }
    #expect(try await render(["file"]).contains("name: a"))
    await #expect(throws: Diagnostics.self) { try await render(["*"]) }
    await #expect(throws: Diagnostics.self) { try await render(["example.com"]) }
  }

  @Test func foldersThatAreTheSameNeedNoLook() async throws {
    let repository = try await TestRepository()
    let test = try TestMirrors()
    let url = try GitURL(repository.path)
    let cache = RenderCache<String>(threads: RenderThreads(count: 1)) { $0.utf8.count }
    func render(_ commit: GitObjectID, _ folder: String) async throws -> String {
      _ = try await test.mirrors.resolve(url, revision: commit.hex, freshness: .now)
      let path = try #require(TreePath(folder))
      let file = try #require(TreePath(folder + "/f"))
      return try await cache.render(
        .init(repository: url.identity, parameters: folder), version: commit.hex,
        tree: await test.mirrors.tree(url, at: commit)
      ) { tree in
        _ = try tree.entry(at: path)
        return String(decoding: try tree.read(file, limit: 100).bytes, as: UTF8.self)
      }.output
    }
    let first = try await repository.commit(["a/f": "1", "b/f": "1", "b/other": "1"])
    #expect(try await render(first, "a") == "1")
    #expect(try await render(first, "b") == "1")
    let second = try await repository.commit(["b/f": "2"])
    #expect(try await render(second, "b") == "2")
    #expect(try await render(second, "a") == "1")
    let third = try await repository.commit(["b/other": "2"])
    #expect(try await render(third, "b") == "2")
    #expect(cache.renderCount == 3)
    let (now, before) = (await test.mirrors.tree(url, at: third), await test.mirrors.tree(url, at: first))
    let (folder, file) = (try #require(TreePath("a")), try #require(TreePath("a/f")))
    #expect(now.knownDirectoryID(of: folder) == before.knownDirectoryID(of: folder))
    #expect(now.knownDirectoryID(of: folder) != nil && now.knownDirectoryID(of: file) == nil)
  }
}
