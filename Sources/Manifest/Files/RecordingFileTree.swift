import Synchronization

/// Remembers what is asked of another tree and what it answers, misses and failures included.
///
/// A result that was computed from it is good for every tree that answers the same: see ``FileTrace/holds(in:)``.
package final class RecordingFileTree: FileTree {
  private let base: any FileTree
  private let answers = Mutex<[FileTrace.Question: FileTrace.Answer]>([:])

  package init(_ base: any FileTree) { self.base = base }

  package var displayPrefix: String { base.displayPrefix }

  /// What was asked so far.
  package var trace: FileTrace { FileTrace(answers: answers.withLock { $0 }, tree: base) }

  package func knownDirectoryID(of path: TreePath) -> String? { base.knownDirectoryID(of: path) }

  /// Takes over what was asked of a tree that answers as this one does.
  package func note(_ trace: FileTrace) { answers.withLock { $0.merge(trace.answers) { old, _ in old } } }

  package func entry(at path: TreePath) throws -> FileTreeEntry? {
    try recording(.entry(path)) {
      let entry = try base.entry(at: path)
      return (entry, .entry(entry))
    }
  }

  package func read(_ path: TreePath, limit: Int) throws -> FileContent {
    try recording(.content(path, limit: limit)) {
      let content = try base.read(path, limit: limit)
      return (content, .identity(content.id, resolved: content.resolved))
    }
  }

  package func list(_ path: TreePath) throws -> DirectoryListing {
    try recording(.listing(path)) {
      let listing = try base.list(path)
      return (listing, .identity(listing.id, resolved: listing.resolved))
    }
  }

  package func identity(of path: TreePath, limit: Int) throws -> FileIdentity {
    try recording(.content(path, limit: limit)) {
      let identity = try base.identity(of: path, limit: limit)
      return (identity, .identity(identity.id, resolved: identity.resolved))
    }
  }

  private func recording<T>(_ question: FileTrace.Question, _ body: () throws -> (T, FileTrace.Answer)) throws -> T {
    do {
      let (value, answer) = try body()
      answers.withLock { $0[question] = answer }
      return value
    } catch let error as FileTreeError {
      answers.withLock { $0[question] = .failure(error) }
      throw error
    }
  }
}

/// Questions to a tree, and its answers.
package struct FileTrace: Sendable {
  fileprivate enum Question: Sendable, Hashable {
    case entry(TreePath)
    case content(TreePath, limit: Int)
    case listing(TreePath)
  }

  fileprivate enum Answer: Sendable, Equatable {
    case entry(FileTreeEntry?)
    case identity(String, resolved: TreePath)
    case failure(FileTreeError)
  }

  fileprivate let answers: [Question: Answer]
  /// Directories that hold everything that was asked for, with the ids of all that is in them; nil where that is not known.
  private let directories: [TreePath: String]?

  fileprivate init(answers: [Question: Answer], tree: any FileTree) {
    self.answers = answers
    directories = Self.directories(answers, in: tree)
  }

  private static func directories(_ answers: [Question: Answer], in tree: any FileTree) -> [TreePath: String]? {
    var wanted: Set<TreePath> = []
    for (question, answer) in answers {
      guard let directory = directory(of: question, answer) else { return nil }
      wanted.insert(directory)
    }
    var ids: [TreePath: String] = [:]
    for directory in wanted {
      guard let id = tree.knownDirectoryID(of: directory) else { return nil }
      ids[directory] = id
    }
    return ids
  }

  /// The directory that an answer depends on and nothing else; nil where there was a link on the way, or a failure.
  private static func directory(of question: Question, _ answer: Answer) -> TreePath? {
    switch (question, answer) {
    case (.entry(let path), .entry(.directory(let resolved))), (.listing(let path), .identity(_, let resolved)):
      resolved == path ? path : nil
    case (.entry(let path), .entry(.file(let resolved))), (.content(let path, _), .identity(_, let resolved)):
      resolved == path && path != .root ? path.parent : nil
    case (.entry(let path), .entry(nil)), (.content(let path, _), .failure(.notFound)):
      path == .root ? nil : path.parent
    default: nil
    }
  }

  package var count: Int { answers.count }

  /// What was asked, one line each, sorted: `read a.yaml 5f2c…`, `list overlays`, `look b.yaml (nothing there)`.
  package var lines: [String] {
    answers.map { question, answer in
      let what: String
      switch question {
      case .entry(let path): what = "look \(path)"
      case .content(let path, _): what = "read \(path)"
      case .listing(let path): what = "list \(path)"
      }
      switch answer {
      case .entry(nil): return what + " (nothing there)"
      case .entry: return what
      case .identity(let id, _): return what + " " + id
      case .failure: return what + " (refused)"
      }
    }.sorted()
  }

  /// Whether the answers depend on the tree's content alone; a storage that failed may answer otherwise next time.
  package var isRepeatable: Bool {
    answers.values.allSatisfy { answer in
      if case .failure(.unreadable) = answer { false } else { true }
    }
  }

  /// Whether `tree` has the very directories that were read from, as far as it can tell without reading.
  package func isKnownToHold(in tree: any FileTree) -> Bool {
    guard let directories else { return false }
    return directories.allSatisfy { directory, id in tree.knownDirectoryID(of: directory) == id }
  }

  /// Whether `tree` answers every question as it was answered before.
  package func holds(in tree: any FileTree) -> Bool {
    if isKnownToHold(in: tree) { return true }
    return isRepeatable && answers.allSatisfy { question, answer in Self.answer(to: question, from: tree) == answer }
  }

  /// Nil when the storage fails in a way that is no answer.
  private static func answer(to question: Question, from tree: any FileTree) -> Answer? {
    do {
      switch question {
      case .entry(let path): return .entry(try tree.entry(at: path))
      case .content(let path, let limit):
        let identity = try tree.identity(of: path, limit: limit)
        return .identity(identity.id, resolved: identity.resolved)
      case .listing(let path):
        let listing = try tree.list(path)
        return .identity(listing.id, resolved: listing.resolved)
      }
    } catch let error as FileTreeError {
      return .failure(error)
    } catch {
      return nil
    }
  }
}
