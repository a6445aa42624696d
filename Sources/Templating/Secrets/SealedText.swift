import Crypto
import CryptoExtras
import Foundation

/// Sprig's encryptAES and decryptAES: AES-256 in CBC mode, the vector first, the key a password with zeros behind it.
enum SealedText {
  private static let blockSize = 16

  private static func key(_ password: String) -> SymmetricKey {
    SymmetricKey(data: (Array(password.utf8) + [UInt8](repeating: 0, count: 32)).prefix(32))
  }

  /// - Parameter vector: 16 random bytes.
  static func seal(_ text: String, password: String, vector: [UInt8]) throws -> [UInt8] {
    let iv = try AES._CBC.IV(ivBytes: vector)
    return vector + Array(try AES._CBC.encrypt(Array(text.utf8), using: key(password), iv: iv))
  }

  /// Nil for bytes that hold no text sealed with this password. Of the padding only the last byte is looked at.
  static func open(_ sealed: [UInt8], password: String) -> [UInt8]? {
    let body = sealed.dropFirst(blockSize)
    guard !body.isEmpty, body.count % blockSize == 0, let iv = try? AES._CBC.IV(ivBytes: sealed.prefix(blockSize)),
      let opened = try? AES._CBC.decrypt(Array(body), using: key(password), iv: iv, noPadding: true)
    else { return nil }
    let bytes = Array(opened)
    guard let last = bytes.last, Int(last) <= bytes.count else { return nil }
    return Array(bytes.dropLast(Int(last)))
  }
}
