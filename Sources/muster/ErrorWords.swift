import Foundation
import Glibc
import Manifest
import NIOCore

/// Errors of libraries in words; their own descriptions are Swift and C text, which nobody is to read.
enum ErrorWords {
  /// Lower case, without a stop.
  static func text(_ error: any Error) -> String {
    switch error {
    case let failure as Failure: return failure.message
    case let diagnostic as Diagnostic: return diagnostic.message
    case let diagnostics as Diagnostics: return diagnostics.all.first?.message ?? "the input is not right"
    case is CancellationError: return "it was interrupted"
    case let error as IOError: return ofSystem(error.errnoCode)
    case let error as POSIXError: return ofSystem(error.code.rawValue)
    case let error as CocoaError: return ofFile(error)
    default: return Visible.text("\(error)")
    }
  }

  /// `address already in use`
  static func ofSystem(_ code: Int32) -> String {
    let words = String(cString: strerror(code))
    return words.prefix(1).lowercased() + words.dropFirst()
  }

  private static func ofFile(_ error: CocoaError) -> String {
    let path = (error.userInfo[NSFilePathErrorKey] as? String ?? error.url?.path).map { Visible.text($0) + ": " } ?? ""
    if let under = error.underlying as? POSIXError { return path + ofSystem(under.code.rawValue) }
    if let under = error.userInfo[NSUnderlyingErrorKey] as? NSError, under.domain == NSPOSIXErrorDomain {
      return path + ofSystem(Int32(clamping: under.code))
    }
    switch error.code {
    case .fileNoSuchFile, .fileReadNoSuchFile: return path + "there is no such file or directory"
    case .fileReadNoPermission, .fileWriteNoPermission: return path + "permission denied"
    case .fileWriteFileExists: return path + "it exists already"
    case .fileWriteOutOfSpace: return path + "no space is left"
    case .fileWriteVolumeReadOnly: return path + "the file system is read-only"
    default: return path + "it cannot be read or written"
    }
  }
}
