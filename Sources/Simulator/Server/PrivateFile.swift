import Glibc
package import Manifest

/// Writes a file that only its owner may read, whole or not at all.
package enum PrivateFile {
  /// - Throws: ``Failure`` `simulate.write`.
  package static func write(_ text: String, to path: String) throws(Failure) {
    let temporary = "\(path).\(getpid())"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    fchmod(descriptor, 0o600)
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if written < 0 {
        if errno == EINTR { continue }
        unlink(temporary)
        throw failure(path)
      }
      bytes = bytes.dropFirst(written)
    }
    guard rename(temporary, path) == 0 else {
      unlink(temporary)
      throw failure(path)
    }
  }

  private static func failure(_ path: String) -> Failure {
    let why = strerror(errno).map { String(cString: $0) } ?? "unknown error"
    return Failure(
      "simulate.write", subject: path, stage: "write", "the file can not be written", retry: .never, cause: why)
  }
}
