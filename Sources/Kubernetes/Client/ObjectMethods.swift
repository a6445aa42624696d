package import Manifest

/// The answer to a server-side apply.
package struct AppliedObject: Sendable, Equatable {
  /// The object as the server has it now, with `managedFields`.
  package var object: Node
  package var wasCreated: Bool
  /// `Warning` headers: deprecated versions, unknown fields.
  package var warnings: [String]
}

extension APIResource {
  var isSecret: Bool { gvk.kind == "Secret" && gvk.group.isEmpty }
}

extension KubernetesClient {
  private static let maximumPages = 4_000

  /// An object, or its metadata; nil when there is none.
  package func get(
    _ resource: APIResource, namespace: String? = nil, name: String, metadataOnly: Bool = false
  ) async throws -> Node? {
    do {
      return try await send(
        .get(resource, namespace: namespace, name: name, as: metadataOnly ? .metadata : .full),
        mayQuoteSecret: resource.isSecret)
    } catch let error as APIError where error.kind == .notFound {
      return nil
    }
  }

  /// All objects of a collection, page by page. Pages that expire under way are asked for once more, all in one.
  package func list(
    _ resource: APIResource, namespace: String? = nil, labelSelector: String? = nil, fieldSelector: String? = nil,
    metadataOnly: Bool = false
  ) async throws -> ObjectList {
    var options = APIRequest.ListOptions(labelSelector: labelSelector, fieldSelector: fieldSelector)
    do {
      return try await pages(resource, namespace, options, metadataOnly)
    } catch let error as APIError where error.kind == .expired {
      options.limit = nil
      return try await pages(resource, namespace, options, metadataOnly)
    }
  }

  private func pages(
    _ resource: APIResource, _ namespace: String?, _ first: APIRequest.ListOptions, _ metadataOnly: Bool
  ) async throws -> ObjectList {
    var options = first
    var whole = ObjectList(items: [], resourceVersion: "")
    for _ in 0..<Self.maximumPages {
      let request = APIRequest.list(resource, namespace: namespace, options: options, metadataOnly: metadataOnly)
      let page = try ObjectList(try await send(request, mayQuoteSecret: resource.isSecret))
      whole.items += page.items
      whole.resourceVersion = page.resourceVersion
      guard let token = page.continueToken, token != options.continueToken else { return whole }
      options.continueToken = token
    }
    throw Unreadable(reason: "the list's pages never end")
  }

  /// Server-side apply; `name` and `namespace` are the object's own.
  package func apply(
    _ resource: APIResource, namespace: String? = nil, name: String, body: Mapping, manager: String,
    force: Bool = true, dryRun: Bool = false, fieldValidation: APIRequest.FieldValidation? = nil
  ) async throws -> AppliedObject {
    let request = APIRequest.apply(
      resource, namespace: namespace, name: name, body: body, manager: manager, force: force, dryRun: dryRun,
      fieldValidation: fieldValidation)
    let (head, node) = try await answer(to: request, mayQuoteSecret: resource.isSecret)
    let warnings = head.headers.lazy.filter { $0.name.lowercased() == "warning" }.prefix(16)
    return AppliedObject(
      object: node, wasCreated: head.status == 201, warnings: warnings.map { Self.warning($0.value) })
  }

  /// The text of a `Warning` header (RFC 7234 §5.5): `299 - "text"`.
  static func warning(_ value: String) -> String {
    guard let start = value.firstIndex(of: "\""), let end = value.lastIndex(of: "\""), start < end else {
      return String(value.prefix(500))
    }
    return String(value[value.index(after: start)..<end].prefix(500))
  }

  /// - Returns: false when there was nothing to delete.
  /// - Throws: ``APIError`` of kind `conflict` when `uid` or `resourceVersion` is no longer the object's.
  @discardableResult
  package func delete(
    _ resource: APIResource, namespace: String? = nil, name: String,
    propagation: APIRequest.Propagation = .background, uid: String? = nil, resourceVersion: String? = nil
  ) async throws -> Bool {
    do {
      _ = try await send(
        .delete(
          resource, namespace: namespace, name: name, propagation: propagation, uid: uid,
          resourceVersion: resourceVersion), mayQuoteSecret: resource.isSecret)
      return true
    } catch let error as APIError where error.kind == .notFound {
      return false
    }
  }
}
