import Manifest

/// How a service cuts long lists into pages.
enum HostingPaging {
  /// `page=2`, and a name for the size of a page; a `Link` header may tell of more.
  case numbered(size: String)
  /// `start=100`, `values`, `isLastPage` and `nextPageStart` (Bitbucket Server).
  case fromStart
  /// `values`, and `next`, a whole address (Bitbucket Cloud).
  case byAddress
  /// One answer with all of it in `value` (Azure DevOps).
  case none
}

extension GeneratorRun {
  private static var pageSize: Int { 100 }
  private static var maximumPages: Int { 100 }

  /// All members of a list, page by page.
  mutating func pages(
    _ service: HostingService, _ path: String, _ query: [(String, String)],
    _ paging: HostingPaging, _ mark: SourceMark
  ) -> HostingAnswer<[Node]> {
    var members: [Node] = []
    var request = service.request(path, query + Self.firstPage(paging))
    for page in 1...Self.maximumPages {
      switch json(request, mark) {
      case .found(let (node, link)):
        guard let nodes = Self.members(of: node, paging) else {
          report("generator.hosting-reply", "\(service.base)\(path) did not answer with a list", mark)
          return .unknown
        }
        members += nodes
        switch Self.next(paging, node, link: link, count: nodes.count, page: page) {
        case .last: return .found(members)
        case .query(let more): request = service.request(path, query + more)
        case .address(let address):
          guard let next = service.request(address: address) else {
            report("generator.hosting-reply", "\(service.base)\(path) goes on at another address", mark)
            return .unknown
          }
          request = next
        }
      case .notFound: return .notFound
      case .unknown: return .unknown
      }
    }
    report("generator.too-many", "\(service.base)\(path) has more than \(Self.maximumPages) pages", mark)
    return .unknown
  }

  private enum NextPage {
    case last
    case query([(String, String)])
    case address(String)
  }

  private static func firstPage(_ paging: HostingPaging) -> [(String, String)] {
    switch paging {
    case .numbered(let size): [(size, String(pageSize)), ("page", "1")]
    case .fromStart: [("limit", String(pageSize))]
    // The most that Bitbucket Cloud gives everywhere.
    case .byAddress: [("pagelen", "50")]
    case .none: []
    }
  }

  private static func members(of node: Node, _ paging: HostingPaging) -> [Node]? {
    switch paging {
    case .numbered: node.sequence
    case .fromStart, .byAddress: node["values"]?.sequence
    case .none: node["value"]?.sequence
    }
  }

  private static func next(
    _ paging: HostingPaging, _ node: Node, link: String, count: Int, page: Int
  ) -> NextPage {
    switch paging {
    case .numbered(let size):
      let hasNext = link.contains("rel=\"next\"") || link.isEmpty && count >= pageSize
      return hasNext && count > 0 ? .query([(size, String(pageSize)), ("page", String(page + 1))]) : .last
    case .fromStart:
      guard node["isLastPage"]?.bool == false, let start = node["nextPageStart"]?.int, count > 0 else { return .last }
      return .query([("limit", String(pageSize)), ("start", String(start))])
    case .byAddress: return node["next"]?.string.map { .address($0) } ?? .last
    case .none: return .last
    }
  }
}
