import Fleet
import Manifest
import Testing

struct ManifestCheckTests {
  private func check(_ files: [(String, String)]) -> [String] {
    var check = ManifestCheck()
    for (name, text) in files { check.add(Array(text.utf8), file: name) }
    check.finish()
    return check.diagnostics.map { diagnostic in
      let place = diagnostic.location.map { "\($0.file):\($0.mark.line):\($0.mark.column)" } ?? ""
      return "\(place) \(diagnostic.code)"
    }
  }

  @Test func findsWhatIsWrongWithObjects() {
    let head = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"
    for (text, problems) in [
      (head, []), (head + "  labels: {x: 1}\n", ["f:5:15 object.type"]),
      (head + "  labels: {a b: c}\n", ["f:5:12 object.label"]),
      (head + "  labels: {a: -c}\n", ["f:5:15 object.label"]),
      (head + "  annotations: {a: true}\n", ["f:5:20 object.type"]),
      (head + "  annotations: {A.b/c: 'x y'}\n", []), (head + "  labels: [a]\n", ["f:5:11 object.type"]),
      (head + "  namespace: A\n", ["f:5:14 object.name"]), (head + "data: {k: 5}\n", ["f:5:11 object.type"]),
      (head + "data: {a b: c}\n", ["f:5:8 object.key"]), (head + "binaryData: {k: '%'}\n", ["f:5:17 object.base64"]),
      ("apiVersion: v1\nkind: Service\nmetadata: {name: a.b}", ["f:3:18 object.name"]),
      ("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: A}", ["f:3:18 object.name"]),
      ("apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: 'system:A'}", []),
      ("apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {p: plain}", ["f:4:11 object.base64"]),
      ("apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {p: plain}", []),
      ("a: [", ["f:2:1 yaml.syntax"]), ("kind: Kustomization\napiVersion: kustomize.config.k8s.io/v1beta1", []),
      ("apiVersion: v1\nkind: Config\nclusters: []", []),
    ] as [(String, [String])] {
      #expect(check([("f", text)]) == problems, "\(text)")
    }
  }

  @Test func findsDuplicatesWhereObjectsStandTogether() {
    let object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    #expect(check([("d/x", object), ("d/y", object)]) == ["d/y:1:1 object.duplicate"])
    #expect(check([("d/x", object + "---\n" + object)]) == ["d/x:5:1 object.duplicate"])
    #expect(check([("d/x", object), ("e/y", object)]).isEmpty)
    #expect(check([("d/x", object), ("d/y", object), ("d/kustomization.yaml", "resources: [x]")]).isEmpty)
    #expect(check([("d/p", "- {op: remove, path: /a}"), ("d/kustomization.yaml", "resources: [x]")]).isEmpty)
    #expect(check([("d/p", "- {op: remove, path: /a}")]) == ["d/p:1:1 object.type"])
  }

  @Test func checksOurOwnKindsByTheirRules() {
    let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec: {}\n"
    let problems = check([("f", application + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {}\n")])
    #expect(problems.contains { $0.hasPrefix("f:4:7 ") })
    #expect(problems.last == "f:8:1 object.missing-field")
  }

  @Test func saysOnceWhatAnEmptyDocumentLacks() {
    let empty = "apiVersion: argoproj.io/v1alpha1\nkind: Application\n"
    #expect(check([("f", empty)]) == ["f:1:1 manifest.missing-field"])
  }

  @Test func warnsOfWhatTheFleetLacks() {
    func application(_ name: String, _ project: String, _ cluster: String) -> String {
      """
      apiVersion: argoproj.io/v1alpha1
      kind: Application
      metadata: {name: \(name)}
      spec:
        project: \(project)
        source: {repoURL: 'https://git.example.org/a.git', path: a}
        destination: {name: \(cluster), namespace: a}

      """
    }
    let cluster =
      "apiVersion: muster.dev/v1alpha1\nkind: Cluster\nmetadata: {name: edge-1}\n"
      + "spec: {server: 'https://edge-1', credentials: {registered: true}}\n"
    let project =
      "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: shop}\nspec: {sourceRepos: ['*']}\n"
    for (files, problems) in [
      ([("a", application("a", "shop", "edge-1")), ("c", cluster), ("p", project)], []),
      ([("a", application("a", "default", "in-cluster")), ("c", cluster), ("p", project)], []),
      ([("a", application("a", "shp", "edge-2")), ("p", project)], ["a:1:1 application.unknown-project"]),
      ([("a", application("a", "shp", "edge-2")), ("c", cluster)], ["a:1:1 application.unknown-cluster"]),
      ([("a", application("a", "shp", "edge-2"))], []),
    ] as [([(String, String)], [String])] { #expect(check(files) == problems, "\(files)") }
  }

  @Test func saysOfAnalysesWhatLintSays() {
    let head = "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: t}\n"
    func metric(_ condition: String) -> String {
      "spec:\n  metrics:\n  - {name: a, \(condition), provider: {prometheus: {query: up}}}\n"
    }
    let fine = metric("successCondition: 'result[0] > 1'")
    let inherited =
      "spec:\n  templates: [{templateName: t}]\n  metrics:\n"
      + "  - {name: b, successCondition: 'result[0] > {{args.x}}', provider: {prometheus: {query: up}}}\n"
    let table: [(String, [(String, String)], [String])] = [
      ("fine", [("f", head + fine)], []),
      ("no name", [("f", head.replacing("name: t", with: "") + fine)], ["f:3:11 analysis.no-name"]),
      ("lint", [("f", head + metric("failureCondition: 'result[0] > 1'"))], ["f:6:33 analysis.nan-passes"]),
      ("syntax", [("f", head + metric("successCondition: 'result >'"))], ["f:6:41 analysis.condition"]),
      ("no metrics", [("f", head + "spec: {}\n")], ["f:4:7 analysis.no-metrics"]),
      ("a name of Kubernetes", [("f", head.replacing("{name: t}", with: "{name: T}") + fine)], ["f:3:18 object.name"]),
      ("twice", [("f", head + fine + "---\n" + head + fine)], ["f:8:1 object.duplicate"]),
      (
        "declared elsewhere",
        [("f", head.replacing("name: t", with: "name: u") + inherited), ("g", head + fine)],
        ["f:7:33 analysis.unknown-arg"]
      ),
      (
        "in a list",
        [
          (
            "f",
            "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: argoproj.io/v1alpha1, kind: AnalysisTemplate, metadata: {name: t}, spec: {}}\n"
          )
        ], ["f:4:89 analysis.no-metrics"]
      ),
      (
        "a run with a generated name",
        [
          (
            "f",
            head.replacing("AnalysisTemplate", with: "AnalysisRun").replacing("name:", with: "generateName:") + fine
          )
        ],
        []
      ),
      (
        "a patch is part of one",
        [("d/p", head + "spec: {}\n"), ("d/kustomization.yaml", "patches: [{path: ./p}]")], []
      ),
      (
        "a resource is a whole one",
        [("d/p", head + "spec: {}\n"), ("d/kustomization.yaml", "resources: [p]")], ["d/p:4:7 analysis.no-metrics"]
      ),
    ]
    for (name, files, problems) in table { #expect(check(files) == problems, "\(name)") }
  }

  @Test func whatTheHubReadsOfArgosOwnSettings() {
    let table: [(String, [String])] = [
      (
        "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: p}\nspec:\n  syncWindows:\n  - {kind: deny, schedule: '* * * * *', duration: 1h, timeZone: Mars/Olympus, applications: ['*']}\n",
        ["project.unknown-zone 6:65"]
      ),
      (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cm}\ndata: {resource.customizations.health.a_b_c: x}\n",
        ["health.customization 4:46"]
      ),
      (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cm}\ndata: {resource.customizations.health.A: x}\n",
        []
      ),
    ]
    for (text, expected) in table {
      var check = ManifestCheck(zones: .utc)
      check.add(Array(text.utf8), file: "f.yaml")
      check.finish()
      let found = check.diagnostics.map {
        "\($0.code) \($0.location?.mark.line ?? 0):\($0.location?.mark.column ?? 0)"
      }
      #expect(found == expected, "\(text)")
    }
  }
}
