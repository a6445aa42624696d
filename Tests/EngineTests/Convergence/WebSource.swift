/// Manifests that the source repository holds.
enum WebSource {
  static let base = ["web/deployment.yaml": deployment(), "web/settings.yaml": settings(), "web/service.yaml": service]

  static func deployment(image: String = "web:1", replicas: Int = 2) -> String {
    """
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: web
    spec:
      replicas: \(replicas)
      selector:
        matchLabels: {app: web}
      template:
        metadata:
          labels: {app: web}
        spec:
          containers:
          - name: web
            image: \(image)
            env:
            - name: MODE
              value: fast

    """
  }

  static func settings(_ name: String = "settings", color: String = "green") -> String {
    """
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: \(name)
      annotations:
        purpose: test
    data:
      color: \(color)
      size: large

    """
  }

  static let service = """
    apiVersion: v1
    kind: Service
    metadata:
      name: web
    spec:
      selector: {app: web}
      ports:
      - port: 80

    """
}
