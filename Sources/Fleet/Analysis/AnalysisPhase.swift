/// The state of a measurement, a metric or a whole analysis, in Argo Rollouts' words.
package enum AnalysisPhase: String, Sendable, CaseIterable {
  case pending = "Pending"
  case running = "Running"
  case successful = "Successful"
  case failed = "Failed"
  case error = "Error"
  case inconclusive = "Inconclusive"

  package var isCompleted: Bool {
    switch self {
    case .successful, .failed, .error, .inconclusive: true
    case .pending, .running: false
    }
  }

  /// Whether people are warned of it.
  var isBad: Bool { self == .failed || self == .error }

  /// From best to worst (`utils/analysis`, analysisStatusOrder).
  private var rank: Int {
    switch self {
    case .successful: 0
    case .running: 1
    case .pending: 2
    case .inconclusive: 3
    case .error: 4
    case .failed: 5
    }
  }

  package func isWorse(than other: AnalysisPhase) -> Bool { rank > other.rank }
}
