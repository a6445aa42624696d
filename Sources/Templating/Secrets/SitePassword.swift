import Crypto
import CryptoExtras
import Foundation

/// The Master Password algorithm: the same password for the same site, of a chosen shape, from one that a user knows.
enum SitePassword {
  private static let seed = "com.lyndir.masterpassword"

  /// The shapes of each type; a letter stands for one of its characters.
  private static let shapes: [String: [String]] = [
    "maximum": ["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
    "long": [
      "CvcvnoCvcvCvcv", "CvcvCvcvnoCvcv", "CvcvCvcvCvcvno", "CvccnoCvcvCvcv", "CvccCvcvnoCvcv", "CvccCvcvCvcvno",
      "CvcvnoCvccCvcv", "CvcvCvccnoCvcv", "CvcvCvccCvcvno", "CvcvnoCvcvCvcc", "CvcvCvcvnoCvcc", "CvcvCvcvCvccno",
      "CvccnoCvccCvcv", "CvccCvccnoCvcv", "CvccCvccCvcvno", "CvcvnoCvccCvcc", "CvcvCvccnoCvcc", "CvcvCvccCvccno",
      "CvccnoCvcvCvcc", "CvccCvcvnoCvcc", "CvccCvcvCvccno",
    ],
    "medium": ["CvcnoCvc", "CvcCvcno"], "short": ["Cvcn"], "basic": ["aaanaaan", "aannaaan", "aaannaaa"],
    "pin": ["nnnn"],
  ]

  private static let characters: [Character: String] = [
    "V": "AEIOU", "C": "BCDFGHJKLMNPQRSTVWXYZ", "v": "aeiou", "c": "bcdfghjklmnpqrstvwxyz",
    "A": "AEIOUBCDFGHJKLMNPQRSTVWXYZ", "a": "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz", "n": "0123456789",
    "o": "@&%?,=[]_:-+*$#!'^~;()/.",
    "x": "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
  ]

  /// Nil for a type that there is not.
  /// - Throws: when scrypt refuses.
  static func derive(
    counter: UInt32, type: String, password: String, user: String, site: String
  ) throws -> String? {
    guard let shapes = shapes[type] else { return nil }
    let salt = Array(seed.utf8) + counted(user)
    let key = try KDF.Scrypt.deriveKey(
      from: Array(password.utf8), salt: salt, outputByteCount: 64, rounds: 32_768, blockSize: 8, parallelism: 2)
    let message = Array(seed.utf8) + counted(site) + bytes(counter)
    let code = Array(HMAC<Crypto.SHA256>.authenticationCode(for: message, using: key))
    guard let first = code.first else { return nil }
    let shape = shapes[Int(first) % shapes.count]
    return String(
      zip(shape, code.dropFirst()).compactMap { letter, byte -> Character? in
        let choice = Array(characters[letter] ?? "")
        return choice.isEmpty ? nil : choice[Int(byte) % choice.count]
      })
  }

  private static func counted(_ text: String) -> [UInt8] {
    bytes(UInt32(clamping: text.utf8.count)) + Array(text.utf8)
  }

  private static func bytes(_ number: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * UInt32($0))) }
  }
}
