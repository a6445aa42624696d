package import Manifest

extension ObjectSchema {
  /// A `meta.k8s.io/v1 Table` of objects of this kind, as `kubectl get` shows them.
  package func table(of objects: [Mapping], resourceVersion: String, now: Moment) -> Mapping {
    ObjectTable.table(
      of: objects, kind: kind, printerColumns: printerColumns, resourceVersion: resourceVersion, now: now)
  }
}
