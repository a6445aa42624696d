package import Manifest

/// One request to an API server, before it has a server: a pure value.
package struct APIRequest: Sendable, Equatable {
  package enum Representation: String, Sendable {
    case full = "application/json"
    /// Metadata of one object, or of each watch event.
    case metadata = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
    /// Metadata of a list.
    case metadataList = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
  }

  package enum Propagation: String, Sendable {
    case foreground = "Foreground", background = "Background", orphan = "Orphan"
  }

  package var method: String
  /// Path and query, percent-encoded.
  package var target: String
  package var accept: String
  package var contentType: String?
  package var body: [UInt8]?
  /// The `ETag` of what is known already: the server may answer 304.
  package var ifNoneMatch: String?

  package init(
    method: String = "GET", path: String, query: [(String, String)] = [], accept: String = Representation.full.rawValue,
    contentType: String? = nil, body: [UInt8]? = nil
  ) {
    self.method = method
    let encoded = query.map { PercentEncoding.query($0.0) + "=" + PercentEncoding.query($0.1) }
    target = encoded.isEmpty ? path : path + "?" + encoded.joined(separator: "&")
    self.accept = accept
    self.contentType = contentType
    self.body = body
  }
}

extension APIRequest {
  package static func get(
    _ resource: APIResource, namespace: String?, name: String, subresource: String? = nil,
    as representation: Representation = .full
  ) -> APIRequest {
    APIRequest(
      path: resource.path(namespace: namespace, name: name, subresource: subresource), accept: representation.rawValue)
  }

  /// One page of a list.
  package struct ListOptions: Sendable, Equatable {
    package var labelSelector: String?
    package var fieldSelector: String?
    package var limit: Int?
    package var continueToken: String?
    package var resourceVersion: String?

    package init(
      labelSelector: String? = nil, fieldSelector: String? = nil, limit: Int? = 500, continueToken: String? = nil,
      resourceVersion: String? = nil
    ) {
      self.labelSelector = labelSelector
      self.fieldSelector = fieldSelector
      self.limit = limit
      self.continueToken = continueToken
      self.resourceVersion = resourceVersion
    }
  }

  package static func list(
    _ resource: APIResource, namespace: String? = nil, options: ListOptions = ListOptions(), metadataOnly: Bool = false
  ) -> APIRequest {
    var query: [(String, String)] = []
    if let selector = options.labelSelector { query.append(("labelSelector", selector)) }
    if let selector = options.fieldSelector { query.append(("fieldSelector", selector)) }
    if let limit = options.limit { query.append(("limit", String(limit))) }
    if let token = options.continueToken { query.append(("continue", token)) }
    // A page after the first carries its version in the token.
    if let version = options.resourceVersion, options.continueToken == nil {
      query.append(("resourceVersion", version))
    }
    return APIRequest(
      path: resource.path(namespace: namespace), query: query,
      accept: (metadataOnly ? Representation.metadataList : .full).rawValue)
  }

  /// One watch of a collection.
  package struct WatchOptions: Sendable, Equatable {
    package var labelSelector: String?
    package var fieldSelector: String?
    /// Empty for the server's own start, which is what a streaming list asks for.
    package var resourceVersion: String
    /// Seconds after which the server ends the watch.
    package var timeout: Int
    package var allowsBookmarks: Bool
    /// The list as events first (KEP-3157).
    package var sendsInitialEvents: Bool

    package init(
      labelSelector: String? = nil, fieldSelector: String? = nil, resourceVersion: String, timeout: Int,
      allowsBookmarks: Bool = true, sendsInitialEvents: Bool = false
    ) {
      self.labelSelector = labelSelector
      self.fieldSelector = fieldSelector
      self.resourceVersion = resourceVersion
      self.timeout = timeout
      self.allowsBookmarks = allowsBookmarks
      self.sendsInitialEvents = sendsInitialEvents
    }
  }

  package static func watch(
    _ resource: APIResource, namespace: String? = nil, options: WatchOptions, metadataOnly: Bool = false
  ) -> APIRequest {
    var query = [("watch", "true")]
    if options.allowsBookmarks { query.append(("allowWatchBookmarks", "true")) }
    if options.sendsInitialEvents {
      query += [("sendInitialEvents", "true"), ("resourceVersionMatch", "NotOlderThan")]
    }
    if !options.resourceVersion.isEmpty { query.append(("resourceVersion", options.resourceVersion)) }
    if let selector = options.labelSelector { query.append(("labelSelector", selector)) }
    if let selector = options.fieldSelector { query.append(("fieldSelector", selector)) }
    query.append(("timeoutSeconds", String(options.timeout)))
    return APIRequest(
      path: resource.path(namespace: namespace), query: query,
      accept: (metadataOnly ? Representation.metadata : .full).rawValue)
  }

  /// What an API server does with fields that it does not know (KEP-2885).
  package enum FieldValidation: String, Sendable {
    case ignore = "Ignore"
    case warn = "Warn"
    case strict = "Strict"
  }

  /// Server-side apply (KEP-555) by `manager`, taking over conflicting fields where `force` is set. The body is
  /// canonical: equal objects are equal bytes.
  package static func apply(
    _ resource: APIResource, namespace: String?, name: String, body: Mapping, manager: String, force: Bool = true,
    dryRun: Bool = false, fieldValidation: FieldValidation? = nil, subresource: String? = nil
  ) -> APIRequest {
    var query = [("fieldManager", manager)]
    if force { query.append(("force", "true")) }
    if dryRun { query.append(("dryRun", "All")) }
    if let fieldValidation { query.append(("fieldValidation", fieldValidation.rawValue)) }
    return APIRequest(
      method: "PATCH", path: resource.path(namespace: namespace, name: name, subresource: subresource), query: query,
      contentType: "application/apply-patch+yaml", body: canonical(.mapping(body)))
  }

  /// A JSON merge patch (RFC 7386) of an object or one of its subresources, such as `scale` or `status`.
  package static func mergePatch(
    _ resource: APIResource, namespace: String?, name: String, patch: Mapping, manager: String,
    subresource: String? = nil, dryRun: Bool = false
  ) -> APIRequest {
    APIRequest(
      method: "PATCH", path: resource.path(namespace: namespace, name: name, subresource: subresource),
      query: [("fieldManager", manager)] + (dryRun ? [("dryRun", "All")] : []),
      contentType: "application/merge-patch+json", body: canonical(.mapping(patch)))
  }

  static func canonical(_ node: Node) -> [UInt8] { JSON.write(node, JSON.WriteOptions(sortsKeys: true)) }

  /// A JSON patch (RFC 6902).
  package static func jsonPatch(
    _ resource: APIResource, namespace: String?, name: String, operations: [Node], manager: String
  ) -> APIRequest {
    APIRequest(
      method: "PATCH", path: resource.path(namespace: namespace, name: name), query: [("fieldManager", manager)],
      contentType: "application/json-patch+json", body: canonical(.sequence(operations)))
  }

  package static func create(
    _ resource: APIResource, namespace: String?, body: Mapping, manager: String, subresourceOf name: String? = nil,
    subresource: String? = nil, dryRun: Bool = false
  ) -> APIRequest {
    APIRequest(
      method: "POST", path: resource.path(namespace: namespace, name: name, subresource: subresource),
      query: [("fieldManager", manager)] + (dryRun ? [("dryRun", "All")] : []), contentType: "application/json",
      body: canonical(.mapping(body)))
  }

  /// Deletes only the very object that was seen, where `uid` and `resourceVersion` say which.
  package static func delete(
    _ resource: APIResource, namespace: String?, name: String, propagation: Propagation, uid: String? = nil,
    resourceVersion: String? = nil
  ) -> APIRequest {
    var options: Mapping = [
      "kind": .string("DeleteOptions"), "apiVersion": .string("v1"),
      "propagationPolicy": .string(propagation.rawValue),
    ]
    var preconditions = Mapping()
    if let uid { preconditions["uid"] = .string(uid) }
    if let resourceVersion { preconditions["resourceVersion"] = .string(resourceVersion) }
    if !preconditions.isEmpty { options["preconditions"] = .mapping(preconditions) }
    return APIRequest(
      method: "DELETE", path: resource.path(namespace: namespace, name: name), contentType: "application/json",
      body: canonical(.mapping(options)))
  }
}
