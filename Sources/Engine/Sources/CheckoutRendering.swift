import Fleet
package import Kustomize
package import Manifest

/// Renders an Application's first source from a checkout of its repository, as a hub would render it: with the files in its folder
/// that override the source, and the variables filled in. Charts are left to the hub, which knows the cluster.
package enum CheckoutRendering {
  /// - Parameters:
  ///   - item: the Application as the hub's API gives it out.
  ///   - tree: the checkout.
  /// - Throws: ``Diagnostics`` of the files, ``Failure`` `source.…`.
  package static func render(_ item: Node, in tree: any FileTree) throws -> Rendering {
    let application = application(item)
    guard let source = application.sources.first else {
      throw Failure(
        "source.none", subject: "application \(application.name)", stage: "render", "it has no source", retry: .never)
    }
    guard let path = TreePath(source.path) else {
      throw Failure(
        "source.path", subject: "application \(application.name)", stage: "render",
        "the path '\(source.path)' leads out of the repository", retry: .never)
    }
    let revision = item["status"]?["sync"]?["revision"]?.string ?? ""
    let prepared = try PreparedSource(source, of: application, in: tree, at: path, revision: revision)
    return try renderSource(tree, at: path, options: try SourceOptions.render(prepared.source))
  }

  private static func application(_ item: Node) -> Application {
    Application(
      [
        "apiVersion": .string("argoproj.io/v1alpha1"), "kind": .string(Application.kind),
        "metadata": .mapping(["name": item["name"] ?? .null]),
        "spec": .mapping([
          "project": item["project"] ?? .null, "source": item["source"] ?? .null,
          "destination": .mapping(["name": item["cluster"] ?? .null, "namespace": item["namespace"] ?? .null]),
        ]),
      ], origin: nil)
  }
}
