/// The shapes of Argo CD's ApplicationSet (`argoproj.io/v1alpha1`, Argo CD 3.6), field by field.
extension Shape {
  static let applicationSet = Shape.object(
    [
      "apiVersion": .string, "kind": .string, "metadata": .metadata, "spec": .applicationSetSpec,
      "status": .anyMapping,
    ], required: ["metadata", "spec"])

  private static let applicationSetSpec = Shape.object(
    [
      "goTemplate": .boolean, "goTemplateOptions": .strings, "generators": .list(.topLevelGenerator),
      "template": .applicationTemplate, "templatePatch": .string,
      "syncPolicy": .object([
        "preserveResourcesOnDeletion": .boolean,
        "applicationsSync": .keyword(["create-only", "create-update", "create-delete", "sync"]),
      ]),
      "strategy": .strategy, "preservedFields": .object(["annotations": .strings, "labels": .strings]),
      "ignoreApplicationDifferences": .list(
        .object(["name": .string, "jsonPointers": .strings, "jqPathExpressions": .strings])),
      "applyNestedSelectors": .boolean,
    ], required: ["generators", "template"])

  private static let strategy = Shape.object([
    "type": .string, "deletionOrder": .string,
    "rollingSync": .object([
      "steps": .list(
        .object([
          "matchExpressions": .list(.object(["key": .string, "operator": .string, "values": .strings])),
          "maxUpdate": .integerOrString,
          // What follows is Muster's own (docs/waves.md).
          "name": .string, "pause": .object(["duration": .integerOrString]), "timeout": .integerOrString,
          "soak": .integerOrString, "analysis": .waveAnalysis, "failureBudget": .failureBudget,
        ])),
      "onFailure": .keyword(WaveStrategy.FailureAction.allCases.map(\.rawValue)),
      "rollback": .object([
        "scope": .keyword(WaveStrategy.BackScope.allCases.map(\.rawValue)),
        "mode": .keyword(WaveStrategy.BackMode.allCases.map(\.rawValue)), "maxUpdate": .integerOrString,
      ]),
      "maxParallelClusters": .integer, "failureBudget": .failureBudget, "analysis": .waveAnalysis,
      "windows": .list(
        .object(
          ["kind": .keyword(["allow", "deny"]), "schedule": .string, "duration": .string, "timeZone": .string],
          required: ["kind", "schedule", "duration"])),
    ]),
  ])

  private static let failureBudget = Shape.object(["maxFailed": .integerOrString, "maxUnreachable": .integerOrString])

  private static let waveAnalysis = Shape.object(
    [
      "scope": .keyword(WaveAnalysis.Scope.allCases.map(\.rawValue)), "startingStep": .integer,
      "templates": .analysisTemplates, "args": .analysisArguments, "dryRun": .analysisDryRun,
    ], required: ["templates"])

  /// A template, which may hold less than an Application needs: the rest comes from elsewhere.
  static let applicationTemplate = Shape.object([
    "metadata": .object([
      "name": .string, "namespace": .string, "labels": .stringMapping, "annotations": .stringMapping,
      "finalizers": .strings,
    ]),
    "spec": .applicationSpecPatch,
  ])

  static let labelSelector = Shape.object([
    "matchLabels": .stringMapping,
    "matchExpressions": .list(.object(["key": .string, "operator": .string, "values": .strings])),
  ])

  /// Combinations nest twice, as in Argo CD: top level, then matrix or merge, then what has no children.
  static let topLevelGenerator = Shape.object(generator(nesting: 2))

  /// The deepest level still knows the combinations' names, so that one too many is reported as such.
  private static func generator(nesting: Int) -> [String: Shape] {
    var shapes = terminalGenerators
    let children = nesting == 0 ? Shape.any : .list(.object(generator(nesting: nesting - 1)))
    shapes["matrix"] = .object(["generators": children, "template": .applicationTemplate])
    shapes["merge"] = .object(["generators": children, "mergeKeys": .strings, "template": .applicationTemplate])
    return shapes
  }

  private static let terminalGenerators: [String: Shape] = [
    "selector": .labelSelector,
    "list": .object([
      "elements": .list(.anyMapping), "elementsYaml": .string, "template": .applicationTemplate,
    ]),
    "clusters": .object([
      "selector": .labelSelector, "values": .stringMapping, "flatList": .boolean, "template": .applicationTemplate,
    ]),
    "git": .object([
      "repoURL": .string, "revision": .string, "directories": .list(.pathItem), "files": .list(.pathItem),
      "values": .stringMapping, "pathParamPrefix": .string, "requeueAfterSeconds": .integer,
      "template": .applicationTemplate,
    ]),
    "clusterDecisionResource": .object([
      "configMapRef": .string, "name": .string, "labelSelector": .labelSelector, "values": .stringMapping,
      "requeueAfterSeconds": .integer, "template": .applicationTemplate,
    ]),
    "plugin": .object([
      "configMapRef": .object(["name": .string]), "input": .object(["parameters": .anyMapping]),
      "values": .stringMapping, "requeueAfterSeconds": .integer, "template": .applicationTemplate,
    ]),
    "scmProvider": .scmProvider, "pullRequest": .pullRequest,
  ]

  private static let pathItem = Shape.object(["path": .string, "exclude": .boolean], required: ["path"])
}
