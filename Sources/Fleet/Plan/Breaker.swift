/// Refuses a pass that would remove too much (DESIGN §3.6).
package struct Breaker: Sendable, Equatable {
  /// A pass may remove this many whatever the share.
  package var count: Int
  /// … or this share (0 ... 1) of what there is, whichever is more.
  package var share: Double

  package init(count: Int, share: Double) {
    self.count = count
    self.share = share
  }

  /// Stands on a set or an AppProject and says what one pass may remove of a set's Applications: `20`, `25%`, `5,10%`.
  package static let annotation = "muster.dev/max-removals"

  /// `20`: so many; `25%`: such a share; both, with a comma: whichever is more. Nil for anything else.
  package init?(_ text: String) {
    var (count, share): (Int?, Double?) = (nil, nil)
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let part = part.filter { $0 != " " }
      if part.hasSuffix("%"), let percent = Int(part.dropLast()), (0...100).contains(percent), share == nil {
        share = Double(percent) / 100
      } else if let number = Int(part), number >= 0, count == nil {
        count = number
      } else {
        return nil
      }
    }
    self.init(count: count ?? 0, share: share ?? 0)
  }

  /// What a set's own annotation says, else its project's; nil where neither says anything that can be read.
  package init?(of set: ApplicationSet, projects: [AppProject]) {
    let project = projects.first { $0.name == set.template["spec"]?["project"]?.string }
    let words = [
      set.annotations[Self.annotation], project?.root["metadata"]?["annotations"]?[Self.annotation]?.string,
    ]
    guard let breaker = words.lazy.compactMap({ $0.flatMap { Breaker($0) } }).first else { return nil }
    self = breaker
  }

  /// Applications of one set.
  package static let applications = Breaker(count: 5, share: 0.1)
  /// Objects of one Application.
  package static let objects = Breaker(count: 20, share: 0.5)

  package func limit(outOf total: Int) -> Int { max(count, Int((Double(total) * share).rounded(.down))) }

  /// - Parameter approved: how many removals a person has agreed to, 0 for none.
  package func allows(removing removed: Int, outOf total: Int, approved: Int = 0) -> Bool {
    removed <= max(limit(outOf: total), approved)
  }
}
