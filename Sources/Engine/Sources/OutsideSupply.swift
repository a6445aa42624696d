import Kustomize
import Manifest
import Synchronization

/// Gives a render what is known from elsewhere, and writes down what else it asks for. It waits for nothing.
///
/// A render that asked for what is not known came to nothing: it is made again when that is.
final class OutsideSupply: RemoteBases, ChartInflater {
  private let answers: OutsideAnswers
  private let planner: KustomizeChartPlanner
  private let asked = Mutex(OutsideNeeds())

  init(_ answers: OutsideAnswers, _ planner: KustomizeChartPlanner) {
    self.answers = answers
    self.planner = planner
  }

  /// What was asked for and is not known.
  var needs: OutsideNeeds { asked.withLock { $0 } }

  func tree(_ reference: RemoteReference) throws -> any FileTree {
    if let base = answers.bases[reference] { return base.tree }
    asked.withLock { if !$0.bases.contains(reference) { $0.bases.append(reference) } }
    throw Self.later
  }

  func documents(of chart: ChartRequest, in tree: any FileTree) throws -> [RenderedDocument] {
    let inflation: OutsideNeeds.Inflation
    switch chart.place {
    case .folder(let folder):
      let place = chart.repository.map(OutsideNeeds.Place.base) ?? .own
      inflation = .init(
        plan: try planner.plan(chart, folder, of: tree, origin: ""), place: place, location: chart.location)
    case .repository:
      let reference = try KustomizeChartPlanner.reference(chart)
      guard let pulled = answers.charts[reference] else {
        asked.withLock { $0.charts[reference] = chart.location }
        throw Self.later
      }
      let plan = try planner.plan(chart, .root, of: pulled.tree, origin: pulled.identity)
      inflation = .init(plan: plan, place: .chart(reference), location: chart.location)
    }
    if let known = answers.inflations[inflation.plan.digest] { return known.output.documents }
    asked.withLock { $0.inflations.append(inflation) }
    throw Self.later
  }

  private static let later = Failure(
    "source.not-known-yet", subject: "source", stage: "render", "it is not known yet", retry: .backOff)
}
