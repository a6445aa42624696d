import Fleet
import Synchronization

/// The analysis templates of the fleet repository as they are now.
final class TemplateShelf: Sendable {
  private let templates = Mutex<[AnalysisManifest]>([])

  var all: [AnalysisManifest] { templates.withLock { $0 } }

  func put(_ new: [AnalysisManifest]) { templates.withLock { $0 = new } }
}
