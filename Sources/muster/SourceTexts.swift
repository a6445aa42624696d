import Manifest
import Synchronization

/// The files that diagnostics quote from, each read once. Names that are no files of this machine have no text.
final class SourceTexts: Sendable {
  private let texts = Mutex<[String: [UInt8]?]>([:])

  func bytes(of file: String) -> [UInt8]? {
    if let known = texts.withLock({ $0[file] }) { return known }
    // Standard input has been read already.
    let bytes = file == "-" ? nil : try? InputFile.read(file)
    texts.withLock { $0[file] = .some(bytes) }
    return bytes
  }
}
