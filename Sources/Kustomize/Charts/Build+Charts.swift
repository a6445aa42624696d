import Manifest

extension Build {
  /// The resources of one chart, by whoever can run helm (kustomize's HelmChartInflationGenerator).
  /// - Parameter home: `helmGlobals.chartHome`, or empty.
  mutating func inflate(_ entry: ChartEntry, home: Located<String>, of layer: Layer) throws -> [Resource] {
    let location = layer.location(entry.mark)
    guard let charts = loader.charts else {
      throw Diagnostic(
        "kustomize.helm-disabled", "'\(entry.name.value)' is a Helm chart, which needs helm", at: location,
        help: "allow it with --enable-helm, or render the chart into a file and name that in 'resources'")
    }
    importCount += 1
    let request = try request(entry, home, layer, location)
    do {
      return try charts.documents(of: request, in: loader.tree).map { document in
        makeResource(Node.mapping(document.root).withTimestamps.mapping ?? document.root, origin: document.origin)
      }
    } catch let failure as Failure {
      throw Diagnostic(
        "kustomize.chart-failed", "the chart '\(entry.name.value)' cannot be rendered: \(failure.message)",
        at: location, help: failure.cause)
    }
  }

  private mutating func request(
    _ entry: ChartEntry, _ home: Located<String>, _ layer: Layer, _ location: SourceLocation
  ) throws -> ChartRequest {
    let place = try place(of: entry, home, layer, location)
    var request = ChartRequest(name: entry.name.value, place: place, location: location, repository: loader.remote)
    request.releaseName = entry.releaseName
    request.nameTemplate = entry.nameTemplate
    request.namespace = entry.namespace
    request.kubeVersion = entry.kubeVersion
    request.apiVersions = entry.apiVersions
    request.includesCRDs = entry.includesCRDs
    request.skipsHooks = entry.skipsHooks
    request.skipsTests = entry.skipsTests
    request.values = try values(of: entry, layer)
    return request
  }

  /// A folder below `chartHome` where there is one, else the repository.
  private mutating func place(
    of entry: ChartEntry, _ home: Located<String>, _ layer: Layer, _ location: SourceLocation
  ) throws -> ChartRequest.Place {
    let base = home.value.isEmpty ? ChartEntry.defaultHome : home.value
    guard !base.hasPrefix("/") else {
      throw Diagnostic(
        "kustomize.absolute-path", "'chartHome' is an absolute path, which is not allowed",
        at: layer.location(home.mark), help: "write it relative to the kustomization file")
    }
    // What kustomize itself has pulled stands in a folder with the version in its name.
    let versioned =
      entry.version.isEmpty || entry.repository.isEmpty ? "" : "/\(entry.name.value)-\(entry.version)"
    let folder = base + versioned + "/" + entry.name.value
    if let directory = try loader.directory(folder, from: layer.directory, at: location) { return .folder(directory) }
    guard !entry.repository.isEmpty else {
      throw Diagnostic(
        "kustomize.missing-chart", "there is no chart in '\(folder)', and no 'repo' to fetch it from", at: location,
        help: "add 'repo', or put the chart there")
    }
    return .repository(entry.repository, version: entry.version, isDevel: entry.isDevel)
  }

  /// The values in helm's order. What is given inline is merged with a values file here, as kustomize does it; the chart's own
  /// values, which may have to be fetched first, are merged by helm.
  private mutating func values(of entry: ChartEntry, _ layer: Layer) throws -> [ChartRequest.Values] {
    var values: [ChartRequest.Values] = []
    let inline = entry.valuesInline
    switch (entry.valuesFile, inline) {
    case (nil, nil): break
    case (let file?, nil): values.append(.text(String(decoding: try text(of: file, layer), as: UTF8.self)))
    case (nil, let inline?):
      values.append(Self.text(Self.withoutNulls(inline)))
      if entry.merge == .merge { values.append(.chart) }
    case (let file?, let inline?):
      if entry.merge == .replace {
        values.append(Self.text(inline))
      } else {
        let node = try YAML.parse(try text(of: file, layer), file: file.value).first ?? .mapping([:])
        let merged =
          entry.merge == .override ? MergePatch.apply(inline, to: node) : MergePatch.apply(node, to: inline)
        values.append(Self.text(merged))
      }
    }
    for file in entry.additionalValuesFiles {
      values.append(.text(String(decoding: try text(of: file, layer), as: UTF8.self)))
    }
    return values
  }

  private mutating func text(of file: Located<String>, _ layer: Layer) throws -> [UInt8] {
    try loader.read(file.value, from: layer.directory, at: layer.location(file.mark)).content.bytes
  }

  private static func text(_ node: Node) -> ChartRequest.Values {
    .text(JSON.text(node))
  }

  /// Over what it is merged into a null only takes a member away, and the chart's own value stands again.
  private static func withoutNulls(_ node: Node) -> Node { MergePatch.apply(node, to: .mapping([:])) }
}
