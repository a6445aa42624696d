import Glibc
import Manifest

/// Keeps a second hub off a data directory for as long as it exists. The kernel lets go when the process ends, however.
package final class DirectoryLock: Sendable {
  private let file: Int32

  /// - Throws: ``Failure`` `store.in-use`, `store.data-directory`.
  package init(directory: String) throws {
    let path = directory + "/hub.lock"
    file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else {
      throw Failure(
        "store.data-directory", subject: "directory \(directory)", stage: "lock", "cannot be written", retry: .never,
        cause: String(cString: strerror(errno)))
    }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      // deinit closes the file: by now everything is initialised.
      throw Failure(
        "store.in-use", subject: "directory \(directory)", stage: "lock", "another hub is using it", retry: .never)
    }
  }

  deinit { close(file) }
}
