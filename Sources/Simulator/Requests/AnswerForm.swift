/// How the client wants an object written, by its `Accept` header.
enum AnswerForm: Equatable {
  case full
  /// `as=PartialObjectMetadata`.
  case metadata
  /// `as=PartialObjectMetadataList`.
  case metadataList
  /// `as=Table`.
  case table
  /// `as=APIGroupDiscoveryList`.
  case aggregatedDiscovery

  private struct Clause {
    var mediaType: String
    var parameters: [String: String]
  }

  private static let maximumClauses = 32

  /// The first clause that the server can serve.
  /// - Throws: 406 when there is none.
  static func negotiate(_ accept: String) throws(StatusError) -> AnswerForm {
    if accept.isEmpty { return .full }
    for clause in clauses(of: accept) {
      if let form = form(of: clause) { return form }
    }
    throw StatusError(
      code: 406, reason: "NotAcceptable",
      message: "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, "
        + "application/vnd.kubernetes.protobuf", details: .init())
  }

  private static func clauses(of accept: String) -> [Clause] {
    accept.split(separator: ",").prefix(maximumClauses).map { text in
      let parts = text.split(separator: ";").map { $0.trimming() }
      var parameters: [String: String] = [:]
      for part in parts.dropFirst() {
        let pair = part.split(separator: "=", maxSplits: 1)
        if pair.count == 2 { parameters[String(pair[0])] = String(pair[1]) }
      }
      return Clause(mediaType: parts.first ?? "", parameters: parameters)
    }
  }

  private static func form(of clause: Clause) -> AnswerForm? {
    guard ["application/json", "*/*", "application/*"].contains(clause.mediaType) else { return nil }
    let isMeta = clause.parameters["g"] == "meta.k8s.io" && ["v1", "v1beta1"].contains(clause.parameters["v"])
    switch clause.parameters["as"] {
    case nil: return .full
    case "PartialObjectMetadata" where isMeta: return .metadata
    case "PartialObjectMetadataList" where isMeta: return .metadataList
    case "Table" where isMeta: return .table
    case "APIGroupDiscoveryList" where clause.parameters["v"] == "v2": return .aggregatedDiscovery
    default: return nil
    }
  }
}

extension Substring {
  fileprivate func trimming() -> String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
