import Manifest
import Testing

@testable import Fleet
@testable import Templating

/// Generators that ask the world: each test plays the world, a table of addresses and answers.
@Suite struct OutsideGeneratorTests {
  private struct Outcome {
    var names: [String]
    var codes: [String]
    var asked: [WebInquiry]
  }

  /// Answers what is asked until nothing is asked any more. An address that is not in `world` answers 404.
  private func expand(
    _ generator: String, name: String, objects: String = "", world: [String: String] = [:], status: Int = 200,
    goTemplate: Bool = true
  ) throws -> Outcome {
    let set = try ExpansionTests.set(
      """
      goTemplate: \(goTemplate)
      goTemplateOptions: [missingkey=error]
      generators: [\(generator)]
      template: {metadata: {name: '\(name)'}, spec: {destination: {name: in-cluster}}}
      """)
    let clusters = FleetContents.read([FleetFile(name: "c.yaml", bytes: Array(Self.clusters.utf8))])
    var inputs = ExpansionInputs(
      registry: clusters.known.registry, objects: try YAML.parse(Array(objects.utf8)))
    var asked: [WebInquiry] = []
    let expander = ApplicationSetExpander(set)
    var expansion = expander.expand(inputs)
    for _ in 0..<10 {
      let open = expansion.inquiries.filter { !inputs.answers($0) }.sorted()
      if open.isEmpty { break }
      for case .web(let request) in open {
        asked.append(request)
        let body = world[String(request.url.prefix { $0 != "?" })]
        inputs.answers[.web(request)] = .success(
          WebAnswer(status: body == nil ? 404 : status, body: Array((body ?? "{}").utf8)))
      }
      expansion = expander.expand(inputs)
    }
    let answer = expansion.applications
    return Outcome(
      names: answer.known.map(\.name), codes: answer.diagnostics.map(\.code) + answer.failures.map(\.code),
      asked: asked)
  }

  private static let clusters = """
    apiVersion: muster.dev/v1alpha1
    kind: Cluster
    metadata: {name: one}
    spec: {server: "https://one", credentials: {registered: true}}
    """

  private static let duck = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: ducks}
    data: {apiVersion: a.io/v1, kind: ducks, matchKey: c, statusListKey: list}
    ---
    apiVersion: a.io/v1
    kind: Duck
    metadata: {name: quack, labels: {a: b}}
    status: {list: [{c: one, score: 1000000}, {c: nobody}, {c: in-cluster, score: x}]}
    """

  @Test func decisions() throws {
    let name = "{{.name}}-{{.score}}"
    let found = try expand(
      "{clusterDecisionResource: {configMapRef: ducks, name: quack}}", name: name, objects: Self.duck)
    #expect(found.names == ["in-cluster-x", "one-1000000"] && found.codes.isEmpty)
    let table: [(String, String)] = [
      ("{configMapRef: none, name: quack}", "generator.no-config-map"),
      ("{configMapRef: ducks, name: gone}", "generator.no-resource"),
      ("{configMapRef: ducks}", "generator.name-or-selector"),
      ("{configMapRef: ducks, name: quack, labelSelector: {matchLabels: {a: b}}}", "generator.name-or-selector"),
    ]
    for (spec, code) in table {
      let outcome = try expand("{clusterDecisionResource: \(spec)}", name: name, objects: Self.duck)
      #expect(outcome.names.isEmpty && outcome.codes == [code], "\(spec)")
    }
  }

  private static let plugin = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: p}
    data: {baseUrl: "https://plugin/", token: $k}
    ---
    apiVersion: v1
    kind: Secret
    metadata: {name: argocd-secret}
    data: {k: dG9rZW4K}
    """

  @Test func plugins() throws {
    let generator = "{plugin: {configMapRef: {name: p}, input: {parameters: {count: 3}}, values: {v: '{{.a}}x'}}}"
    let reply = #"{"output": {"parameters": [{"a": "1"}, {"a": "2"}]}}"#
    let address = "https://plugin/api/v1/getparams.execute"
    let name = "{{.values.v}}-{{.generator.input.parameters.count}}"
    let found = try expand(generator, name: name, objects: Self.plugin, world: [address: reply])
    #expect(found.names == ["1x-3", "2x-3"] && found.codes.isEmpty)
    #expect(found.asked.map { $0.token?.reveal() } == ["Bearer token"])
    #expect(
      found.asked.map { String(decoding: $0.body, as: UTF8.self) } == [
        #"{"applicationSetName":"s","input":{"parameters":{"count":3}}}"#
      ])
    for (body, status, code) in [
      (reply, 500, "generator.plugin-status"), ("nope", 200, "generator.plugin-reply"),
      (#"{"output": {"parameters": [1]}}"#, 200, "generator.plugin-reply"),
    ] {
      let outcome = try expand(generator, name: name, objects: Self.plugin, world: [address: body], status: status)
      #expect(outcome.names.isEmpty && outcome.codes == [code], "\(body)")
    }
    #expect(try expand(generator, name: name).codes == ["generator.bad-plugin"])
    let open = Self.plugin.replacing("token: $k", with: "token: plain")
    #expect(try expand(generator, name: name, objects: open).codes == ["generator.bad-plugin"])
  }

  @Test func pullRequests() throws {
    let world = [
      "https://api.github.com/repos/o/r/pulls":
        #"[{"number": 7, "title": "feat: x", "head": {"ref": "Feat/A_b", "sha": "0123456789"}, "base": {"ref": "main"}, "user": {"login": "u"}, "labels": [{"name": "ok"}]}, {"number": 8, "title": "fix", "head": {"ref": "f", "sha": "9"}, "base": {"ref": "old"}, "user": {"login": "u"}, "labels": []}]"#,
      "https://gl/api/v4/projects/g%2Fp/merge_requests":
        #"[{"iid": 3, "title": "t", "source_branch": "s", "target_branch": "m", "sha": "abc", "author": {"username": "u"}, "labels": ["a"]}]"#,
    ]
    let name = "{{.number}}-{{.branch_slug}}-{{.head_short_sha}}"
    let table: [(String, [String], [String])] = [
      ("{github: {owner: o, repo: r}}", ["7-feat-a-b-01234567", "8-f-9"], []),
      ("{github: {owner: o, repo: r, labels: [ok]}}", ["7-feat-a-b-01234567"], []),
      (
        "{github: {owner: o, repo: r}, filters: [{targetBranchMatch: ^main$, titleMatch: '^feat:'}]}",
        ["7-feat-a-b-01234567"], []
      ),
      ("{github: {owner: o, repo: r}, filters: [{branchMatch: '('}]}", [], ["generator.bad-filter"]),
      ("{gitlab: {project: g/p, api: 'https://gl'}}", ["3-s-abc"], []),
      ("{github: {owner: o, repo: gone}}", [], ["generator.repository-not-found"]),
      ("{github: {owner: o, repo: gone}, continueOnRepoNotFoundError: true}", [], []),
      ("{github: {owner: o, repo: r, tokenRef: {secretName: s, key: k}}}", [], ["generator.no-secret"]),
      ("{filters: []}", [], ["generator.no-provider"]),
    ]
    for (spec, names, codes) in table {
      let outcome = try expand("{pullRequest: \(spec)}", name: name, world: world)
      #expect(outcome.names == names && outcome.codes == codes, "\(spec): \(outcome)")
    }
  }

  @Test func repositories() throws {
    let world = [
      "https://api.github.com/orgs/o/repos":
        #"[{"id": 1, "name": "a", "owner": {"login": "o"}, "default_branch": "main", "topics": ["go"], "ssh_url": "git@h:o/a.git", "clone_url": "https://h/o/a.git", "archived": false}, {"id": 2, "name": "b", "owner": {"login": "o"}, "default_branch": "main", "topics": [], "archived": true}]"#,
      "https://api.github.com/repos/o/a/branches/main": #"{"name": "main", "commit": {"sha": "0123456789"}}"#,
      "https://api.github.com/repos/o/b/branches/main": #"{"name": "main", "commit": {"sha": "9876543210"}}"#,
      "https://api.github.com/repos/o/a/branches":
        #"[{"name": "main", "commit": {"sha": "1"}}, {"name": "x/Y", "commit": {"sha": "2"}}]"#,
      "https://api.github.com/repos/o/a/contents/deploy/k": "[]",
    ]
    let name = "{{.repository}}-{{.branchNormalized}}-{{.short_sha_7}}"
    let table: [(String, [String], [String])] = [
      ("{github: {organization: o}}", ["a-main-0123456", "b-main-9876543"], []),
      ("{github: {organization: o, excludeArchivedRepos: true}}", ["a-main-0123456"], []),
      ("{github: {organization: o}, filters: [{labelMatch: ^go$}]}", ["a-main-0123456"], []),
      ("{github: {organization: o}, filters: [{pathsExist: [deploy/k]}]}", ["a-main-0123456"], []),
      ("{github: {organization: o}, filters: [{pathsDoNotExist: [deploy/k]}]}", ["b-main-9876543"], []),
      (
        "{github: {organization: o, allBranches: true}, filters: [{repositoryMatch: a, branchMatch: ^x}]}", ["a-x-y-2"],
        []
      ),
      ("{github: {organization: gone}}", [], ["generator.organization-not-found"]),
      ("{github: {organization: o}, cloneProtocol: ftp}", [], ["generator.clone-protocol"]),
      ("{awsCodeCommit: {region: eu-west-1}}", [], ["generator.unsupported"]),
    ]
    for (spec, names, codes) in table {
      let outcome = try expand("{scmProvider: \(spec)}", name: name, world: world)
      #expect(outcome.names == names && outcome.codes == codes, "\(spec): \(outcome)")
    }
  }

  private static let access = """
    apiVersion: v1
    kind: Secret
    metadata: {name: s}
    data: {k: dG9rZW4K}
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: ca}
    data: {good: "-----BEGIN CERTIFICATE-----", bad: x}
    """

  private static let otherHosts = [
    "https://bb/rest/api/1.0/projects/P/repos":
      #"{"values": [{"id": 1, "name": "a", "project": {"key": "P"}, "links": {"clone": [{"name": "ssh", "href": "ssh://a"}]}}, {"id": 2, "name": "empty", "project": {"key": "P"}}], "isLastPage": true}"#,
    "https://bb/rest/api/1.0/projects/P/repos/a/branches/default":
      #"{"displayId": "main", "latestCommit": "0123456789"}"#,
    "https://bb/rest/api/1.0/projects/P/repos/a/branches":
      #"{"values": [{"displayId": "x", "latestCommit": "1"}, {"displayId": "rel", "latestCommit": "2"}], "isLastPage": true}"#,
    "https://bb/rest/api/1.0/projects/P/repos/a/browse/k": "{}",
    "https://bb/rest/api/1.0/projects/P/repos/a/pull-requests":
      #"{"values": [{"id": 9, "title": "t", "fromRef": {"displayId": "f", "latestCommit": "abc"}, "toRef": {"displayId": "m"}, "author": {"user": {"name": "u"}}}], "isLastPage": true}"#,
    "https://api.bitbucket.org/2.0/repositories/o":
      #"{"values": [{"slug": "a", "uuid": "{1}", "mainbranch": {"name": "main"}}], "next": "https://api.bitbucket.org/2.0/repositories/o/2"}"#,
    "https://api.bitbucket.org/2.0/repositories/o/2":
      #"{"values": [{"slug": "b", "uuid": "{2}", "mainbranch": {"name": "main"}}]}"#,
    "https://api.bitbucket.org/2.0/repositories/o/a/refs/branches/main":
      #"{"name": "main", "target": {"hash": "aaaaaaaaa"}}"#,
    "https://api.bitbucket.org/2.0/repositories/o/b/refs/branches/main":
      #"{"name": "main", "target": {"hash": "bbbbbbbbb"}}"#,
    "https://api.bitbucket.org/2.0/repositories/o/a/pullrequests/":
      #"{"values": [{"id": 4, "title": "t", "source": {"branch": {"name": "f"}, "commit": {"hash": "abc"}}, "destination": {"branch": {"name": "m"}}, "author": {"nickname": "n"}}]}"#,
    "https://api.bitbucket.org/2.0/repositories/evil": #"{"values": [], "next": "https://elsewhere/2.0/x"}"#,
    "https://dev.azure.com/o/p/_apis/git/repositories":
      #"{"value": [{"id": "1", "name": "a", "defaultBranch": "refs/heads/main", "remoteUrl": "https://a"}, {"id": "2", "name": "empty", "remoteUrl": "https://b"}]}"#,
    "https://dev.azure.com/o/p/_apis/git/repositories/a/stats/branches":
      #"{"name": "main", "commit": {"commitId": "0123456789"}}"#,
  ]

  @Test func repositoriesOfFurtherHosts() throws {
    let server = "bitbucketServer: {project: P, api: 'https://bb'"
    let name = "{{.repository}}-{{.branchNormalized}}-{{.short_sha_7}}"
    let azure = "azureDevOps: {organization: o, teamProject: p"
    let table: [(String, [String], [String])] = [
      ("{\(server)}}", ["a-main-0123456"], []),
      ("{\(server)}, filters: [{pathsExist: [k]}]}", ["a-main-0123456"], []),
      ("{\(server)}, filters: [{pathsExist: [z]}]}", [], []),
      ("{\(server), allBranches: true}, filters: [{repositoryMatch: ^a, branchMatch: rel}]}", ["a-rel-2"], []),
      (
        "{bitbucket: {owner: o, user: u, appPasswordRef: {secretName: s, key: k}}}",
        ["a-main-aaaaaaa", "b-main-bbbbbbb"], []
      ),
      ("{bitbucket: {owner: evil}}", [], ["generator.hosting-reply"]),
      ("{\(azure), accessTokenRef: {secretName: s, key: k}}}", ["a-main-0123456"], []),
      ("{\(azure)}}", [], ["generator.no-secret"]),
      ("{\(server), caRef: {configMapName: ca, key: bad}}}", [], ["generator.bad-ca"]),
      ("{\(server), caRef: {configMapName: no, key: bad}}}", [], ["generator.no-config-map"]),
    ]
    for (spec, names, codes) in table {
      let outcome = try expand("{scmProvider: \(spec)}", name: name, objects: Self.access, world: Self.otherHosts)
      #expect(outcome.names == names && outcome.codes == codes, "\(spec): \(outcome)")
    }
    let asked = try expand(
      "{scmProvider: {\(server), basicAuth: {username: u, passwordRef: {secretName: s, key: k}}, caRef: {configMapName: ca, key: good}}}}",
      name: name, objects: Self.access, world: Self.otherHosts
    ).asked
    #expect(asked.allSatisfy { $0.token?.reveal() == "Basic dTp0b2tlbg==" && $0.authorities.hasPrefix("-----BEGIN") })
  }

  @Test func pullRequestsOfFurtherHosts() throws {
    let name = "{{.number}}-{{.branch_slug}}-{{.head_short_sha}}-{{.author}}-{{.target_branch}}"
    let table: [(String, [String], [String])] = [
      ("{bitbucketServer: {project: P, repo: a, api: 'https://bb/rest'}}", ["9-f-abc-u-m"], []),
      ("{bitbucketServer: {project: P, repo: z, api: 'https://bb'}}", [], ["generator.repository-not-found"]),
      ("{bitbucket: {owner: o, repo: a, bearerToken: {tokenRef: {secretName: s, key: k}}}}", ["4-f-abc-n-m"], []),
      (
        "{bitbucket: {owner: o, repo: a, bearerToken: {tokenRef: {secretName: s, key: z}}}}", [],
        ["generator.no-secret"]
      ),
    ]
    for (spec, names, codes) in table {
      let outcome = try expand("{pullRequest: \(spec)}", name: name, objects: Self.access, world: Self.otherHosts)
      #expect(outcome.names == names && outcome.codes == codes, "\(spec): \(outcome)")
    }
  }

  @Test func gitHubApps() throws {
    let key = try GoTemplate(#"{{genPrivateKey "rsa" | indent 4 | trimPrefix "    "}}"#).render(
      TemplateData(Parameters()))
    func secret(_ key: String) -> String {
      """
      apiVersion: v1
      kind: Secret
      metadata: {name: app}
      stringData:
        githubAppID: "12"
        githubAppInstallationID: "34"
        githubAppPrivateKey: |
          \(key.replacing("\n    ", with: "\n    "))
      """
    }
    let world = [
      "https://api.github.com/app/installations/34/access_tokens": #"{"token": "abc"}"#,
      "https://api.github.com/repos/o/r/pulls":
        #"[{"number": 7, "head": {"ref": "f", "sha": "1"}, "base": {"ref": "m"}}]"#,
    ]
    let generator = "{pullRequest: {github: {owner: o, repo: r, appSecretName: app}}}"
    let found = try expand(generator, name: "n{{.number}}", objects: secret(key), world: world)
    #expect(found.names == ["n7"] && found.codes.isEmpty, "\(found.codes)")
    #expect(found.asked.count == 2 && found.asked.last?.token?.reveal() == "Bearer abc")
    let shown = try #require(found.asked.first?.token?.reveal())
    #expect(shown.hasPrefix("Bearer eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.") && shown.split(separator: ".").count == 3)
    #expect(try expand(generator, name: "n", objects: secret("x"), world: world).codes == ["generator.bad-key"])
    #expect(try expand(generator, name: "n", world: world).codes == ["generator.no-secret"])
    #expect(try expand(generator, name: "n", objects: secret(key)).codes == ["generator.hosting-status"])
  }
}
