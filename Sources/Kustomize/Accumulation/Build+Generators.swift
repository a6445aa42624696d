import Manifest

extension Build {
  /// Runs the generators of a layer.
  mutating func generate(
    _ layer: Layer, into result: inout Accumulation, _ provenance: Provenance?, _ problems: inout [Diagnostic]
  ) {
    let kustomization = layer.kustomization
    let all =
      kustomization.configMapGenerators.map { (DataGenerator.Kind.configMap, $0) }
      + kustomization.secretGenerators.map { (DataGenerator.Kind.secret, $0) }
    for (kind, arguments) in all {
      collect(&problems, layer) { build throws in
        var arguments = arguments
        if let global = kustomization.generatorOptions {
          arguments.options = (arguments.options ?? GeneratorOptions()).filled(from: global)
        }
        let generator = DataGenerator(kind: kind, arguments: arguments, directory: layer.directory, file: layer.file)
        var resource = try generator.resource(&build.loader)
        resource.provenance = provenance?.configured(in: layer, by: kind.rawValue + "Generator")
        try result.absorb(resource)
      }
    }
    for entry in kustomization.charts {
      collect(&problems, layer) { build throws in
        for var resource in try build.inflate(entry, home: kustomization.chartHome, of: layer) {
          resource.provenance = provenance?.configured(in: layer, by: "HelmChartInflationGenerator")
          try result.absorb(resource)
        }
      }
    }
    if problems.isEmpty {
      collect(&problems, layer) { build throws in
        for resource in try build.externalGenerators(of: layer, provenance) { try result.absorb(resource) }
      }
    }
  }
}

extension Accumulation {
  /// Adds what a generator made, or merges it into what is there.
  /// - Throws: ``Diagnostic``
  mutating func absorb(_ resource: Resource) throws(Diagnostic) {
    let matches = resources.positions(withAnyID: resource.id)
    let isMerge = resource.behavior == .merge || resource.behavior == .replace
    switch (matches.count, isMerge) {
    case (0, false): try resources.append(resource)
    case (0, true):
      let names = resources.resources.filter { $0.gvk == resource.gvk }.map(\.name)
      throw Diagnostic(
        "kustomize.nothing-to-merge",
        "\(resource.id) does not exist, so there is nothing to \(resource.behavior.rawValue)",
        at: resource.origin, help: NearestName.of(resource.name, among: names).map { "did you mean '\($0)'?" })
    case (1, true):
      let old = resources[matches[0]]
      var merged = resource
      merged.takePlace(of: old, mergesData: resource.behavior == .merge)
      if let problem = merged.oddKey() { throw problem }
      resources.replace(matches[0], with: merged)
    case (1, false):
      throw Diagnostic(
        "kustomize.duplicate-id", "\(resource.id) exists already, so a generator may only merge or replace it",
        at: resource.origin, notes: [.init("it is here first", at: resources[matches[0]].origin)],
        help: "set 'behavior: merge' or 'behavior: replace', or choose another name")
    default:
      throw Diagnostic(
        "kustomize.ambiguous-merge", "\(resource.id) could be merged into more than one resource", at: resource.origin,
        notes: matches.map { [resources] in .init("it could be \(resources[$0].id)", at: resources[$0].origin) })
    }
  }
}
