/// Manifests as users write them, and a list as an API server answers it; the same on every run.
enum GeneratedManifests {
  static func yaml(bytes: Int) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(bytes + 4096)
    var number = 0
    while text.count < bytes {
      text += (number % 3 == 0 ? configMap(number) : number % 3 == 1 ? service(number) : deployment(number)).utf8
      number += 1
    }
    return text
  }

  private static func deployment(_ number: Int) -> String {
    """
    ---
    # model server \(number)
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: model-server-\(number)
      namespace: team-\(number % 17)
      labels: {app.kubernetes.io/name: model-server, app.kubernetes.io/instance: "server-\(number)"}
      annotations:
        argocd.argoproj.io/sync-wave: "\(number % 5)"
    spec:
      replicas: \(number % 9 + 1)
      selector:
        matchLabels:
          app.kubernetes.io/instance: server-\(number)
      template:
        metadata:
          labels:
            app.kubernetes.io/instance: server-\(number)
        spec:
          containers:
          - name: server
            image: registry.example.com/inference/model-server:v1.\(number % 40).\(number % 7)
            args: ["--port=8080", "--model-path=/models/llama", "--max-batch", "32"]
            env:
            - name: MODEL_VERSION
              value: "2024.\(number % 12)"
            - name: POD_NAMESPACE
              valueFrom:
                fieldRef:
                  fieldPath: metadata.namespace
            ports:
            - containerPort: 8080
              protocol: TCP
            resources:
              requests: {cpu: 500m, memory: 2Gi}
              limits:
                memory: 4Gi
            readinessProbe:
              httpGet:
                path: /healthz
                port: 8080
              initialDelaySeconds: 5
              periodSeconds: 10

    """
  }

  private static func service(_ number: Int) -> String {
    """
    ---
    apiVersion: v1
    kind: Service
    metadata:
      name: model-server-\(number)
      namespace: team-\(number % 17)
    spec:
      type: ClusterIP
      selector:
        app.kubernetes.io/instance: server-\(number)
      ports:
      - name: http
        port: 80
        targetPort: 8080

    """
  }

  private static func configMap(_ number: Int) -> String {
    """
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: model-config-\(number)
    data:
      BATCH_SIZE: "\(number % 64)"
      TEMPERATURE: '0.7'
      model.conf: |
        [server]
        threads = \(number % 32)
        # the path that the volume is mounted at
        path = /models/llama-3-70b/\(number)
      description: >-
        serves the model to the region and
        keeps its answers for an hour

    """
  }

  static func apiServerAnswer(bytes: Int) -> [UInt8] {
    var text = Array(
      #"{"kind":"DeploymentList","apiVersion":"apps/v1","metadata":{"resourceVersion":"918273"},"items":["#.utf8)
    text.reserveCapacity(bytes + 8192)
    var number = 0
    while text.count < bytes {
      if number > 0 { text.append(UInt8(ascii: ",")) }
      text += item(number).utf8
      number += 1
    }
    return text + Array("]}".utf8)
  }

  private static func item(_ number: Int) -> String {
    #"{"metadata":{"name":"model-server-\#(number)","namespace":"team-\#(number % 17)","uid":"6f1c2b7e-0d5a-4f3b-9a\#(number % 90 + 10)-2f4be0c1d2e3","#
      + #""resourceVersion":"\#(number * 37)","generation":\#(number % 9 + 1),"creationTimestamp":"2026-01-02T03:04:05Z","labels":"#
      + #"{"app.kubernetes.io/name":"model-server","applyset.kubernetes.io/part-of":"applyset-wHf5Gv1YkNIHuqPFvQp9cUy1x6Yk-v1"},"managedFields":"#
      + #"[{"manager":"muster","operation":"Apply","apiVersion":"apps/v1","time":"2026-01-02T03:04:05Z","fieldsType":"FieldsV1","fieldsV1":"#
      + #"{"f:metadata":{"f:labels":{"f:app.kubernetes.io/name":{}}},"f:spec":{"f:replicas":{},"f:template":{"f:spec":{"f:containers":"#
      + #"{"k:{\"name\":\"server\"}":{".":{},"f:image":{},"f:name":{}}}}}}}}]},"spec":{"replicas":\#(number % 9 + 1),"selector":"#
      + #"{"matchLabels":{"app.kubernetes.io/instance":"server-\#(number)"}},"template":{"spec":{"containers":[{"name":"server","image":"#
      + #""registry.example.com/inference/model-server:v1.\#(number % 40)","ports":[{"containerPort":8080,"protocol":"TCP"}],"resources":"#
      + #"{"requests":{"cpu":"500m","memory":"2Gi"}},"imagePullPolicy":"IfNotPresent"}],"restartPolicy":"Always"}}},"status":"#
      + #"{"observedGeneration":\#(number % 9 + 1),"replicas":3,"updatedReplicas":3,"readyReplicas":3,"availableReplicas":3,"conditions":"#
      + #"[{"type":"Available","status":"True","lastTransitionTime":"2026-01-02T03:04:05Z","reason":"MinimumReplicasAvailable","#
      + #""message":"Deployment has minimum availability."}]}}"#
  }
}
