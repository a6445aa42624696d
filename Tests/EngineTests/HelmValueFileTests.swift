import Manifest
import Testing

@testable import Engine

/// Which value files a source names, and that none is outside of its repository.
struct HelmValueFileTests {
  private let joined = JoinedFileTree([
    "source": MemoryFileTree(
      [
        "values.yaml": "", "charts/web/Chart.yaml": "", "charts/web/values.yaml": "", "charts/web/env/a.yaml": "",
        "charts/web/env/b.yaml": "", "charts/web/env/deep/c.yaml": "", "charts/web/a,b.yaml": "", "other/x.yaml": "",
      ], links: ["charts/web/link.yaml": "../../other/x.yaml", "charts/web/out.yaml": "../../../etc/passwd"]),
    "ref-0": MemoryFileTree(["values.yaml": "", "env/prod.yaml": ""]),
  ])

  private func finder(
    ignoresMissing: Bool = false, schemes: Set<String> = ["https"]
  ) throws -> HelmValueFile {
    let joined = joined
    return HelmValueFile(
      tree: joined, display: { joined.display($0) }, repository: HelmPlanner.ownMount,
      chart: try #require(TreePath("source/charts/web")), references: ["values": try #require(TreePath("ref-0"))],
      schemes: schemes, ignoresMissing: ignoresMissing)
  }

  private func names(_ files: [HelmTemplate.ValueFile]) -> [String] {
    files.map { file in
      switch file {
      case .file(let path): path.text
      case .remote(let url): url
      case .text(let text): text
      }
    }
  }

  @Test func filesAreFound() throws {
    let chart = "source/charts/web/"
    let table: [([String], [String])] = [
      (["values.yaml"], [chart + "values.yaml"]), (["./env/../values.yaml"], [chart + "values.yaml"]),
      (["/values.yaml"], ["source/values.yaml"]), (["../../values.yaml"], ["source/values.yaml"]),
      (["link.yaml"], [chart + "link.yaml"]), (["a,b.yaml"], [chart + "a,b.yaml"]),
      (["$values/values.yaml"], ["ref-0/values.yaml"]), (["$values/env/*.yaml"], ["ref-0/env/prod.yaml"]),
      (["https://h/v.yaml", "values.yaml"], ["https://h/v.yaml", chart + "values.yaml"]),
      (["env/*.yaml"], [chart + "env/a.yaml", chart + "env/b.yaml"]),
      (["env/**/*.yaml"], [chart + "env/a.yaml", chart + "env/b.yaml", chart + "env/deep/c.yaml"]),
      (["env/?.yaml"], [chart + "env/a.yaml", chart + "env/b.yaml"]),
      (["/**/x.yaml"], ["source/other/x.yaml"]),
      // Named by itself, a file stands where it is named.
      (["env/*.yaml", "env/a.yaml"], [chart + "env/b.yaml", chart + "env/a.yaml"]),
      (["values.yaml", "values.yaml"], [chart + "values.yaml"]),
    ]
    for (texts, expected) in table { #expect(names(try finder().resolve(texts)) == expected, "\(texts)") }
    let ignoring = try finder(ignoresMissing: true)
    #expect(names(try ignoring.resolve(["none.yaml", "values.yaml", "no*.yaml"])) == [chart + "values.yaml"])
  }

  @Test func othersAreRefused() throws {
    let table = [
      ("none.yaml", "helm.value-file-missing"), ("no*.yaml", "helm.value-file-missing"),
      ("../../../x.yaml", "helm.value-file-outside"), ("/../ref-0/values.yaml", "helm.value-file-outside"),
      ("$values/../source/values.yaml", "helm.value-file-outside"), ("out.yaml", "helm.value-file-outside"),
      ("env", "helm.value-file"), ("$nowhere/values.yaml", "helm.value-file-reference"),
      ("file:///etc/passwd", "helm.value-file-scheme"), ("http://h/v.yaml", "helm.value-file-scheme"),
      ("s3://bucket/v.yaml", "helm.value-file-scheme"), ("https://u:secret@h/v.yaml", "helm.value-file-credentials"),
      ("HTTPS://u:secret@h/v.yaml", "helm.value-file-credentials"),
    ]
    for (text, code) in table {
      do {
        _ = try finder().resolve([text])
        Issue.record("resolved: \(text)")
      } catch let problem as Diagnostic {
        #expect(problem.code == code && !problem.message.contains("secret"), "\(text): \(problem)")
      }
    }
    let closed = try finder(schemes: [])
    #expect(throws: Diagnostic.self) { try closed.resolve(["https://h/v.yaml"]) }
    let ignoring = try finder(ignoresMissing: true)
    #expect(throws: Diagnostic.self) { try ignoring.resolveOne("none.yaml") }
  }
}
