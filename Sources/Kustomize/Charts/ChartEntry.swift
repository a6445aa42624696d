import Manifest

/// An entry of `helmCharts`, as it was written.
struct ChartEntry: Sendable {
  enum Merge: String, Sendable, CaseIterable { case merge, override, replace }

  static let defaultHome = "charts"

  var name = Located("")
  var version = ""
  var repository = ""
  var releaseName = ""
  var nameTemplate = ""
  var namespace = ""
  var valuesFile: Located<String>?
  var additionalValuesFiles: [Located<String>] = []
  /// A mapping; nil for none.
  var valuesInline: Node?
  var merge = Merge.override
  var includesCRDs = false
  var skipsHooks = false
  var skipsTests = false
  var isDevel = false
  var kubeVersion = ""
  var apiVersions: [String] = []
  var mark = SourceMark.none
}

extension KustomizationDecoder {
  static let chartFields = [
    "name", "version", "digest", "repo", "releaseName", "namespace", "additionalValuesFiles", "valuesFile",
    "valuesInline", "valuesMerge", "includeCRDs", "skipHooks", "apiVersions", "kubeVersion", "nameTemplate",
    "skipTests", "debug", "devel",
  ]

  private static let oldChartFields = [
    "chartName", "chartVersion", "chartRepoUrl", "chartHome", "chartRepoName", "helmBin", "helmHome", "values",
    "valuesLocal", "valuesMerge", "releaseName", "releaseNamespace", "extraArgs",
  ]

  /// `helmCharts` and `helmGlobals`, and the field that they took the place of.
  static func readCharts(
    _ fields: FieldReader, into result: inout Kustomization, _ problems: inout ProblemList
  ) {
    result.charts = fields.list("helmCharts", in: &problems).map { node in
      chart(FieldReader(node, as: "an entry of 'helmCharts'", known: chartFields, in: &problems), &problems)
    }
    if let globals = fields.node("helmGlobals") {
      let reader = FieldReader(globals, as: "'helmGlobals'", known: ["chartHome", "configHome"], in: &problems)
      result.chartHome = reader.text("chartHome", in: &problems) ?? Located("")
    }
    for node in fields.list("helmChartInflationGenerator", in: &problems) {
      let reader = FieldReader(
        node, as: "an entry of 'helmChartInflationGenerator'", known: oldChartFields, in: &problems)
      result.charts.append(oldChart(reader, &problems))
      // The last one that is not empty counts for all.
      if let home = reader.text("chartHome", in: &problems), !home.value.isEmpty { result.chartHome = home }
    }
  }

  static func chart(_ fields: FieldReader, _ problems: inout ProblemList) -> ChartEntry {
    var entry = ChartEntry()
    entry.mark = fields.node.mark
    entry.name = fields.text("name", in: &problems) ?? Located("", fields.node.mark)
    entry.version = fields.string("version", in: &problems)
    entry.repository = fields.string("repo", in: &problems)
    entry.releaseName = fields.string("releaseName", in: &problems)
    entry.nameTemplate = fields.string("nameTemplate", in: &problems)
    entry.namespace = fields.string("namespace", in: &problems)
    entry.valuesFile = fields.text("valuesFile", in: &problems)
    entry.additionalValuesFiles = fields.texts("additionalValuesFiles", in: &problems)
    entry.valuesInline = values("valuesInline", fields, &problems)
    entry.merge = merge(fields, &problems)
    entry.includesCRDs = fields.flag("includeCRDs", in: &problems)
    entry.skipsHooks = fields.flag("skipHooks", in: &problems)
    entry.skipsTests = fields.flag("skipTests", in: &problems)
    entry.isDevel = fields.flag("devel", in: &problems)
    // helm's own words about what it does are of no use here.
    _ = fields.flag("debug", in: &problems)
    entry.kubeVersion = fields.string("kubeVersion", in: &problems)
    entry.apiVersions = fields.texts("apiVersions", in: &problems).map(\.value)
    takeDigest(fields, into: &entry, &problems)
    checkName(entry, &problems)
    return entry
  }

  /// A digest pins an artifact in the place of a version.
  private static func takeDigest(_ fields: FieldReader, into entry: inout ChartEntry, _ problems: inout ProblemList) {
    let digest = fields.string("digest", in: &problems)
    if digest.isEmpty { return }
    guard entry.repository.hasPrefix("oci://"), digest.hasPrefix("sha256:") else {
      return problems.add("'digest' is for a chart in an oci:// repository: sha256:…", at: fields.mark("digest"))
    }
    entry.version = digest
  }

  private static func oldChart(_ fields: FieldReader, _ problems: inout ProblemList) -> ChartEntry {
    var entry = ChartEntry()
    entry.mark = fields.node.mark
    entry.name = fields.text("chartName", in: &problems) ?? Located("", fields.node.mark)
    entry.version = fields.string("chartVersion", in: &problems)
    entry.repository = fields.string("chartRepoUrl", in: &problems)
    entry.releaseName = fields.string("releaseName", in: &problems)
    entry.valuesFile = fields.text("values", in: &problems)
    entry.valuesInline = values("valuesLocal", fields, &problems)
    entry.merge = merge(fields, &problems)
    checkName(entry, &problems)
    return entry
  }

  private static func values(_ name: String, _ fields: FieldReader, _ problems: inout ProblemList) -> Node? {
    guard let node = fields.node(name) else { return nil }
    guard let mapping = node.mapping else {
      problems.add("'\(name)' must be a mapping, not a \(node.value.kindName)", at: node.mark)
      return nil
    }
    return mapping.isEmpty ? nil : node
  }

  private static func merge(_ fields: FieldReader, _ problems: inout ProblemList) -> ChartEntry.Merge {
    let text = fields.string("valuesMerge", in: &problems)
    if text.isEmpty { return .override }
    if let merge = ChartEntry.Merge(rawValue: text) { return merge }
    problems.add(
      "'valuesMerge' must be merge, override or replace, not '\(text)'", at: fields.mark("valuesMerge"))
    return .override
  }

  private static func checkName(_ entry: ChartEntry, _ problems: inout ProblemList) {
    let name = entry.name.value
    guard name.isEmpty || name.hasPrefix("/") || name.split(separator: "/").contains("..") else { return }
    problems.add(
      name.isEmpty ? "a chart needs a name" : "'\(name)' is no name of a chart", at: entry.name.mark,
      code: "kustomize.chart-name")
  }
}
