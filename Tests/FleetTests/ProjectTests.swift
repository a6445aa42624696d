import Manifest
import Testing

@testable import Fleet

@Suite struct ProjectTests {
  static func project(_ spec: String, name: String = "p") throws -> AppProject {
    let text = "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: \(name)}\nspec:\n" + spec
    let node = try #require(try YAML.parse(Array(text.utf8), file: "p.yaml").first)
    return try AppProject.read(node, file: "p.yaml").get()
  }

  private func cluster(_ name: String, _ server: String, project: String = "", namespaces: [String] = []) throws
    -> Cluster
  {
    Cluster(
      name: try #require(ClusterName(name)), connection: .init(server: server), credentials: .registered,
      project: project,
      namespaces: namespaces)
  }

  @Test func sourcesAreComparedAsOneAddress() throws {
    let table: [(String, [String: Bool])] = [
      ("['*']", ["https://any/where.git": true, "git@host:a/b": true, "https://a/../b": false]),
      ("[]", ["https://a/b": false]),
      (
        "['https://git.example/org/*']",
        [
          "https://git.example/org/app": true, "https://git.example/org/app.git": true,
          "https://git.example/org/app/": true, "HTTPS://Git.Example/Org/APP.git": true,
          "https://git.example:443/org/app": true, "https://user:word@git.example/org/app": true,
          "https://git.example/org/team/app": false, "https://git.example/other/app": false,
          "https://git.example@evil.example/org/app": false, "https://git.example/org/../other/app": false,
          "https://git.example/org/%2e%2e/other": false, "http://git.example/org/app": false,
          "https://git.example.evil/org/app": false,
        ]
      ),
      ("['https://git.example/org/**']", ["https://git.example/org/team/app": true, "https://git.example/x": false]),
      (
        "['git@git.example:org/*']",
        [
          "git@git.example:org/app.git": true, "ssh://git@git.example/org/app": true,
          "ssh://git@git.example:22/org/app": true, "git@git.example:other/app": false,
        ]
      ),
      (
        "['*', '!https://git.example/secret']",
        [
          "https://git.example/open": true, "https://git.example/secret": false,
          "https://git.example/secret.git/": false, "https://u@git.example/Secret": false,
        ]
      ),
      ("['!https://git.example/secret']", ["https://git.example/open": true, "https://git.example/secret": false]),
      ("['https://git.example/{a,b}/x?']", ["https://git.example/a/x1": true, "https://git.example/c/x1": false]),
    ]
    for (patterns, answers) in table {
      let project = try Self.project("  sourceRepos: \(patterns)\n")
      for (url, isPermitted) in answers {
        let source = ApplicationSource(.mapping(["repoURL": .string(url), "path": .string("x")]))
        #expect(project.permits(source: source).isPermitted == isPermitted, "\(url) by \(patterns)")
      }
    }
    let denial = try Self.project("  sourceRepos: []\n").permits(
      source: ApplicationSource(.mapping(["repoURL": .string("https://me:secret@git.example/x")]))
    ).denial
    #expect(denial?.rule == .source)
    #expect(denial?.message == "application repo https://git.example/x is not permitted in project 'p'")
  }

  @Test func destinationsMatchByServerOrNameAndNamespace() throws {
    let a = try cluster("a", "https://a")
    let table: [(String, Cluster, [String: Bool])] = [
      ("[{server: 'https://a', namespace: 'team-*'}]", a, ["team-x": true, "other": false]),
      ("[{server: 'https://a/', namespace: '*'}]", a, ["x": true]),
      ("[{name: a, namespace: x}]", a, ["x": true, "y": false]),
      ("[{name: b, namespace: '*'}]", a, ["x": false]),
      (
        "[{server: '*', namespace: '*'}, {name: a, server: '*', namespace: '!kube-system'}]", a,
        ["x": true, "kube-system": false]
      ),
      // A denied name rejects whatever the namespace.
      ("[{server: '*', namespace: '*'}, {name: '!a', namespace: other}]", a, ["x": false]),
      // A denied server rejects only where the entry's namespace matches.
      ("[{server: '*', namespace: '*'}, {server: '!https://a', namespace: other}]", a, ["x": true, "other": false]),
      // A denied namespace counts only where the entry's server matches.
      ("[{server: '*', namespace: '*'}, {server: 'https://b', namespace: '!x'}]", a, ["x": true]),
      ("[{server: '*', namespace: '!x'}]", a, ["y": true, "x": false]),
      ("[]", a, ["x": false]),
    ]
    for (destinations, cluster, answers) in table {
      let project = try Self.project("  destinations: \(destinations)\n")
      for (namespace, isPermitted) in answers {
        let destination = Destination(name: cluster.name.text, namespace: namespace)
        #expect(
          project.permits(destination, on: cluster).isPermitted == isPermitted, "\(namespace) by \(destinations)")
      }
    }
    let denial = try Self.project("  destinations: []\n").permits(
      Destination(server: "https://a", namespace: "x"), on: a
    ).denial
    #expect(
      denial?.message
        == "application destination server 'https://a' and namespace 'x' do not match any of the allowed destinations in project 'p'"
    )
  }

  @Test func clustersOfAProject() throws {
    let own = try cluster("own", "https://own", project: "p", namespaces: ["n"])
    let foreign = try cluster("foreign", "https://foreign", project: "q")
    let free = try cluster("free", "https://free")
    let all = "  destinations: [{server: '*', namespace: '*'}]\n"
    let only = try Self.project("  permitOnlyProjectScopedClusters: true\n" + all)
    let any = try Self.project(all)
    let none = try Self.project("  destinations: []\n")
    func permits(_ project: AppProject, _ cluster: Cluster, _ namespace: String) -> Bool {
      project.permits(Destination(server: cluster.server, namespace: namespace), on: cluster).isPermitted
    }
    #expect(permits(only, own, "n") && !permits(only, foreign, "n") && !permits(only, free, "n"))
    #expect(permits(any, own, "n") && permits(any, foreign, "n") && permits(any, free, "n"))
    // A project's own cluster is a destination of it, in the namespaces that it is registered with.
    #expect(permits(none, own, "n") && !permits(none, own, "other") && !permits(none, free, "n"))
    let denial = only.permits(Destination(server: foreign.server), on: foreign).denial
    #expect(denial?.message == "project 'p' permits only clusters of its own, and 'foreign' belongs to project 'q'")
  }

  @Test func kindsByAllowAndDenyLists() throws {
    let table: [(String, [(String, String, String, String, Bool)])] = [
      ("  description: x\n", [("apps", "Deployment", "a", "n", true), ("", "Namespace", "a", "", false)]),
      (
        "  clusterResourceWhitelist: [{group: '*', kind: '*'}]\n  clusterResourceBlacklist: [{group: '', kind: Namespace, name: 'kube-*'}]\n",
        [
          ("", "Namespace", "a", "", true), ("", "Namespace", "kube-system", "", false),
          ("rbac.authorization.k8s.io", "ClusterRole", "a", "", true),
        ]
      ),
      (
        "  clusterResourceWhitelist: [{group: '', kind: Namespace, name: 'team-*'}]\n",
        [("", "Namespace", "team-a", "", true), ("", "Namespace", "b", "", false)]
      ),
      ("  namespaceResourceWhitelist: []\n", [("", "ConfigMap", "a", "n", false)]),
      (
        "  namespaceResourceWhitelist: [{group: apps, kind: '*'}]\n  namespaceResourceBlacklist: [{group: apps, kind: DaemonSet}]\n",
        [
          ("apps", "Deployment", "a", "n", true), ("apps", "DaemonSet", "a", "n", false),
          ("", "ConfigMap", "a", "n", false),
        ]
      ),
      (
        "  namespaceResourceBlacklist: [{group: '*.example', kind: '*'}]\n",
        [("x.example", "A", "a", "n", false), ("", "A", "a", "n", true)]
      ),
    ]
    for (spec, questions) in table {
      let project = try Self.project(spec)
      for (group, kind, name, namespace, isPermitted) in questions {
        let verdict = project.permits(kind: GroupKind(group: group, kind: kind), name: name, namespace: namespace)
        #expect(verdict.isPermitted == isPermitted, "\(group)/\(kind) \(name) by \(spec)")
      }
    }
    let project = try Self.project(
      "  destinations: [{server: '*', namespace: a}]\n  namespaceResourceBlacklist: [{group: '', kind: Secret}]\n")
    func message(_ kind: String, _ namespace: String) throws -> String? {
      project.permits(
        ObjectID(group: "", kind: kind, namespace: namespace, name: "x"), in: Destination(name: "c", namespace: "a"),
        on: try cluster("c", "https://c")
      ).denial?.message
    }
    #expect(try message("ConfigMap", "a") == nil)
    #expect(try message("ConfigMap", "b") == "namespace b is not permitted in project 'p'")
    #expect(try message("Secret", "a") == "resource :Secret is not permitted in project 'p'")
  }

  @Test func orphansThatAreNoneToSpeakOf() throws {
    let project = try Self.project(
      "  orphanedResources: {warn: false, ignore: [{kind: ConfigMap, name: 'gen-*'}, {group: 'x.*'}]}\n")
    let orphans = try #require(project.orphanedResources)
    #expect(!orphans.warns)
    #expect(try Self.project("  orphanedResources: {}\n").orphanedResources?.warns == true)
    #expect(try Self.project("  description: x\n").orphanedResources == nil)
    let table: [(String, String, String, String, Bool)] = [
      ("", "ConfigMap", "n", "gen-1", true), ("", "ConfigMap", "n", "other", false), ("x.y", "Any", "n", "a", true),
      ("", "ConfigMap", "n", "kube-root-ca.crt", true), ("", "ServiceAccount", "n", "default", true),
      ("", "Service", "default", "kubernetes", true), ("", "Service", "n", "kubernetes", false),
    ]
    for (group, kind, namespace, name, isIgnored) in table {
      let id = ObjectID(group: group, kind: kind, namespace: namespace, name: name)
      #expect(orphans.ignores(id) == isIgnored, "\(id)")
    }
  }

  @Test func serviceAccountsOfDestinations() throws {
    let accounts = try Self.project(
      """
        destinationServiceAccounts:
        - {server: 'https://a', namespace: 'team-*', defaultServiceAccount: deployer}
        - {server: 'https://a', namespace: '*', defaultServiceAccount: 'ops:deployer'}

      """
    ).serviceAccounts
    #expect(
      accounts.identity(server: "https://a/", namespace: "team-x") == .user("system:serviceaccount:team-x:deployer"))
    #expect(accounts.identity(server: "https://a", namespace: "x") == .user("system:serviceaccount:ops:deployer"))
    #expect(accounts.identity(server: "https://b", namespace: "x") == nil)
    #expect(AppProject.open.serviceAccounts.identity(server: "https://b", namespace: "x") == .hub)
  }

  @Test func applicationsThatTheirProjectRefuses() throws {
    let text = """
      apiVersion: argoproj.io/v1alpha1
      kind: Application
      metadata: {name: web}
      spec:
        project: p
        source: {repoURL: 'https://git/x', path: x}
        destination: {name: a, namespace: n}
      """
    let node = try #require(try YAML.parse(Array(text.utf8), file: "a.yaml").first)
    let application = try Application.read(node, file: "a.yaml").get()
    let registry = Registry([try cluster("a", "https://a")])
    func refusals(_ projects: [AppProject]) -> [String] {
      ProjectTable(projects).refusals(of: application, in: registry)
    }
    #expect(refusals([]) == [])
    #expect(
      refusals([try Self.project("  description: x\n", name: "q")]) == [
        "application references project 'p' which does not exist"
      ])
    let open = "  sourceRepos: ['*']\n  destinations: [{server: '*', namespace: '*'}]\n"
    #expect(refusals([try Self.project(open)]) == [])
    #expect(refusals([try Self.project("  description: x\n")]).count == 2)
    #expect(ProjectTable([])["any"] == .open)
    #expect(try ProjectTable([Self.project(open)])["default"] == .open)
  }

  @Test func aProjectThatMayBeThereIsNotTakenForNone() throws {
    let text = """
      apiVersion: argoproj.io/v1alpha1
      kind: Application
      metadata: {name: a}
      spec:
        project: PROJECT
        source: {repoURL: https://example.org/a, path: b}
        destination: {server: https://a, namespace: n}
      """
    let open = try Self.project("  sourceRepos: ['*']\n  destinations: [{server: '*', namespace: '*'}]\n")
    let (named, nameless) = (
      ProjectGap(name: "q", reason: "q.yaml:1:1 says: no"), ProjectGap(name: nil, reason: "x.yaml")
    )
    let table: [(project: String, declared: [AppProject], gaps: [ProjectGap], refusal: String?)] = [
      ("p", [], [], nil),
      ("p", [], [named], "application references project 'p' which does not exist"),
      ("q", [], [named], "project 'q' is not known yet: q.yaml:1:1 says: no"),
      ("default", [], [named], nil),
      ("default", [], [nameless], "project 'default' is not known yet: x.yaml"),
      ("q", [], [nameless, named], "project 'q' is not known yet: q.yaml:1:1 says: no"),
      ("p", [open], [nameless], nil),
      ("z", [open], [nameless], "project 'z' is not known yet: x.yaml"),
    ]
    let registry = Registry([try cluster("a", "https://a")])
    for (project, declared, gaps, refusal) in table {
      let node = try #require(
        try YAML.parse(Array(text.replacing("PROJECT", with: project).utf8), file: "a.yaml").first)
      let application = try Application.read(node, file: "a.yaml").get()
      let refusals = ProjectTable(declared, gaps: gaps).refusals(of: application, in: registry)
      #expect(refusals == [refusal].compactMap(\.self), "\(project) \(declared.map(\.name)) \(gaps)")
    }
  }

  @Test func registrationLetsTheHubActAsOthersOnlyOnRequest() {
    for namespaces in [[], ["shop", "web"]] {
      for allows in [false, true] {
        let roles = RegistrationManifests(namespaces: namespaces, allowsImpersonation: allows).objects.filter {
          $0["kind"]?.string?.hasSuffix("Role") == true
        }
        let granting = roles.filter { RegistrationManifests.allowsImpersonation(.mapping($0)) }
        let places = granting.map { $0["metadata"]?["namespace"]?.string ?? "" }
        #expect(places == (allows ? (namespaces.isEmpty ? [""] : namespaces) : []), "\(namespaces) \(allows)")
      }
    }
  }

  @Test func mistakesInProjectsHaveTheirPlace() throws {
    let table: [(String, [String])] = [
      ("  syncWindows: [{kind: allow, schedule: '0 22 * * *', duration: 1h, applications: ['*']}]\n", []),
      (
        "  syncWindows: [{kind: allow, schedule: '0 22 * *', duration: 1h, applications: ['*']}]\n",
        ["project.bad-schedule 5:41"]
      ),
      (
        "  syncWindows: [{kind: allow, schedule: '0 22 * * *', duration: soon, applications: ['*']}]\n",
        ["project.bad-duration 5:65"]
      ),
      ("  syncWindows: [{kind: allow, schedule: '0 22 * * *', duration: 1h}]\n", ["project.bad-window 5:17"]),
      ("  sourceRepos: ['!*']\n", ["project.denies-all 5:17"]),
      (
        "  destinationServiceAccounts: [{server: '!a', namespace: x, defaultServiceAccount: 'a*'}]\n",
        ["project.bad-account 5:32", "project.bad-account 5:32"]
      ),
    ]
    for (spec, expected) in table {
      let text = "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: p}\nspec:\n" + spec
      let node = try #require(try YAML.parse(Array(text.utf8), file: "p.yaml").first)
      let found = AppProject.read(node, file: "p.yaml").diagnostics.map {
        "\($0.code) \($0.location?.mark.line ?? 0):\($0.location?.mark.column ?? 0)"
      }
      #expect(found == expected, "\(spec)")
    }
  }
}
