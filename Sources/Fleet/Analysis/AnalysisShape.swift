/// The shapes of Argo Rollouts' analysis kinds (`argoproj.io/v1alpha1`, Argo Rollouts 1.10), field by field.
extension Shape {
  static let analysisTemplate = Shape.object(
    [
      "apiVersion": .string, "kind": .string, "metadata": .metadata, "spec": .object(analysisSpec),
      "status": .anyMapping,
    ], required: ["metadata", "spec"])

  static let analysisRun = Shape.object(
    [
      "apiVersion": .string, "kind": .string, "metadata": .metadata,
      "spec": .object(
        analysisSpec.filter { $0.key != "templates" }.merging([
          "terminate": .boolean,
          "ttlStrategy": .object([
            "secondsAfterCompletion": .integer, "secondsAfterFailure": .integer, "secondsAfterSuccess": .integer,
          ]),
        ]) { $1 }, required: ["metrics"]),
      "status": .anyMapping,
    ], required: ["metadata", "spec"])

  private static let analysisSpec: [String: Shape] = [
    "metrics": .list(.metric),
    "args": .analysisArguments, "dryRun": .analysisDryRun,
    "measurementRetention": .list(
      .object(["metricName": .string, "limit": .integer], required: ["metricName", "limit"])),
    "templates": .analysisTemplates,
  ]

  static let analysisArguments = Shape.list(
    .object(
      [
        "name": .string, "value": .string,
        "valueFrom": .object([
          "secretKeyRef": .object(["name": .string, "key": .string], required: ["name", "key"]),
          "fieldRef": .object(["fieldPath": .string], required: ["fieldPath"]),
        ]),
      ], required: ["name"]))
  static let analysisDryRun = Shape.list(.object(["metricName": .string], required: ["metricName"]))
  static let analysisTemplates = Shape.list(
    .object(["templateName": .string, "clusterScope": .boolean], required: ["templateName"]))

  /// One metric; also one with its arguments put in.
  static let metric = Shape.object(
    [
      "name": .string, "interval": .string, "initialDelay": .string, "count": .integerOrString,
      "successCondition": .string, "failureCondition": .string, "failureLimit": .integerOrString,
      "inconclusiveLimit": .integerOrString, "consecutiveErrorLimit": .integerOrString,
      "consecutiveSuccessLimit": .integerOrString, "provider": .metricProvider,
    ], required: ["name", "provider"])

  private static let metricProvider = Shape.object([
    "prometheus": .object([
      "address": .string, "query": .string, "authentication": .authentication, "timeout": .integer,
      "insecure": .boolean, "headers": .list(.header), "caBundle": .string,
      "rangeQuery": .object(["start": .string, "end": .string, "step": .string]),
    ]),
    "web": .object(
      [
        "method": .string, "url": .string, "headers": .list(.header), "body": .string, "jsonBody": .any,
        "timeoutSeconds": .integer, "jsonPath": .string, "insecure": .boolean, "authentication": .authentication,
        "caBundle": .string,
      ], required: ["url"]),
    "job": .object(["metadata": .anyMapping, "spec": .anyMapping], required: ["spec"]),
    "kayenta": .anyMapping, "datadog": .anyMapping, "wavefront": .anyMapping, "newRelic": .anyMapping,
    "cloudWatch": .anyMapping, "graphite": .anyMapping, "influxdb": .anyMapping, "skywalking": .anyMapping,
    "plugin": .anyMapping,
  ])

  private static let header = Shape.object(["key": .string, "value": .string], required: ["key", "value"])

  private static let authentication = Shape.object([
    "basicAuth": .object(["username": .string, "password": .string]),
    "oauth2": .object([
      "tokenUrl": .string, "clientId": .string, "clientSecret": .string, "scopes": .strings,
    ]),
    "sigv4": .object(["region": .string, "profile": .string, "roleArn": .string]),
  ])
}
