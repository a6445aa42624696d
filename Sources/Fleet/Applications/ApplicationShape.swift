/// The shapes of Argo CD's Application (`argoproj.io/v1alpha1`, Argo CD 3.6), field by field.
extension Shape {
  static let application = Shape.object(
    [
      "apiVersion": .string, "kind": .string, "metadata": .metadata, "spec": .applicationSpec,
      "operation": .anyMapping, "status": .anyMapping,
    ], required: ["metadata", "spec"])

  /// An Application inside a patch, where nothing is needed.
  static let applicationPatch = Shape.object([
    "apiVersion": .string, "kind": .string, "metadata": .metadata, "spec": .applicationSpecPatch,
    "operation": .anyMapping, "status": .anyMapping,
  ])

  static let metadata = Shape.object([
    "name": .string, "generateName": .string, "namespace": .string, "labels": .stringMapping,
    "annotations": .stringMapping, "finalizers": .strings, "ownerReferences": .list(.anyMapping),
    "managedFields": .list(.anyMapping), "uid": .string, "resourceVersion": .string, "generation": .integer,
    "creationTimestamp": .string, "deletionTimestamp": .string, "deletionGracePeriodSeconds": .integer,
    "selfLink": .string,
  ])

  static let applicationSpec = Shape.object(specFields, required: ["destination", "project"])
  static let applicationSpecPatch = Shape.object(specFields)

  private static let specFields: [String: Shape] = [
    "project": .string, "source": .applicationSource, "sources": .list(.applicationSource),
    "sourceHydrator": .sourceHydrator, "destination": .destination, "syncPolicy": .applicationSyncPolicy,
    "ignoreDifferences": .list(
      .object([
        "group": .string, "kind": .string, "name": .string, "namespace": .string, "jsonPointers": .strings,
        "jqPathExpressions": .strings, "managedFieldsManagers": .strings,
      ])),
    "info": .list(.nameAndValue), "revisionHistoryLimit": .integer,
  ]

  static let destination = Shape.object(["server": .string, "name": .string, "namespace": .string])

  static let nameAndValue = Shape.object(["name": .string, "value": .string])

  static let applicationSource = Shape.object([
    "repoURL": .string, "path": .string, "targetRevision": .string, "chart": .string, "ref": .string,
    "name": .string, "tagPrefix": .string, "helm": .helm, "kustomize": .kustomize, "directory": .directory,
    "plugin": .plugin,
  ])

  static let helm = Shape.object([
    "valueFiles": .strings, "releaseName": .string, "values": .string, "valuesObject": .anyMapping,
    "parameters": .list(.object(["name": .string, "value": .string, "forceString": .boolean])),
    "fileParameters": .list(.object(["name": .string, "path": .string])), "version": .string,
    "passCredentials": .boolean, "ignoreMissingValueFiles": .boolean, "skipCrds": .boolean, "skipTests": .boolean,
    "skipSchemaValidation": .boolean, "namespace": .string, "kubeVersion": .string, "apiVersions": .strings,
  ])

  static let kustomize = Shape.object([
    "namePrefix": .string, "nameSuffix": .string, "images": .strings, "commonLabels": .stringMapping,
    "commonAnnotations": .stringMapping, "forceCommonLabels": .boolean, "forceCommonAnnotations": .boolean,
    "commonAnnotationsEnvsubst": .boolean, "labelWithoutSelector": .boolean, "labelIncludeTemplates": .boolean,
    "namespace": .string, "version": .string, "components": .strings, "ignoreMissingComponents": .boolean,
    "replicas": .list(.object(["name": .string, "count": .integerOrString], required: ["name", "count"])),
    "patches": .list(.kustomizePatch), "kubeVersion": .string, "apiVersions": .strings,
  ])

  private static let kustomizePatch = Shape.object([
    "path": .string, "patch": .string, "options": .mapping(.boolean),
    "target": .object([
      "group": .string, "version": .string, "kind": .string, "name": .string, "namespace": .string,
      "labelSelector": .string, "annotationSelector": .string,
    ]),
  ])

  static let directory = Shape.object([
    "recurse": .boolean, "include": .string, "exclude": .string,
    "jsonnet": .object([
      "extVars": .list(.jsonnetVariable), "tlas": .list(.jsonnetVariable), "libs": .strings,
    ]),
  ])

  private static let jsonnetVariable = Shape.object(["name": .string, "value": .string, "code": .boolean])

  static let plugin = Shape.object([
    "name": .string, "env": .list(.nameAndValue),
    "parameters": .list(
      .object(["name": .string, "string": .string, "array": .strings, "map": .stringMapping])),
  ])

  private static let sourceHydrator = Shape.object([
    "drySource": .applicationSource,
    "syncSource": .object(["targetBranch": .string, "path": .string, "repoURL": .string]),
    "hydrateTo": .object(["targetBranch": .string]),
  ])

  private static let applicationSyncPolicy = Shape.object([
    "automated": .object([
      "prune": .boolean, "selfHeal": .boolean, "allowEmpty": .boolean, "enabled": .boolean,
    ]),
    "syncOptions": .strings,
    "retry": .object([
      "limit": .integer, "refresh": .boolean,
      "backoff": .object(["duration": .string, "factor": .integer, "maxDuration": .string]),
    ]),
    "managedNamespaceMetadata": .object(["labels": .stringMapping, "annotations": .stringMapping]),
  ])
}
