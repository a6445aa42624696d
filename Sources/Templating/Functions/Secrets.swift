import Manifest

extension Function {
  /// Sprig's secrets and certificates. All but what a password alone decides changes with every expansion; that is the
  /// template's choice.
  static let secrets: [Function] = [
    Function("bcrypt", 1) { a, run in .string(try bcrypt(a.string(0), &run)) },
    Function("htpasswd", 2) { a, run in
      let (user, password) = (try a.string(0), try a.string(1))
      guard !user.contains(":") else { return .string("invalid username: \(user)") }
      return .string(user + ":" + (try bcrypt(password, &run)))
    },
    Function("derivePassword", 5) { a, run in
      guard let counter = UInt32(exactly: try a.int(0)) else {
        throw a.failure("expected unsigned integer; found \(try a.int(0))")
      }
      try run.budget.spend(hardWork)
      let type = try a.string(1)
      let (password, user, site) = (try a.string(2), try a.string(3), try a.string(4))
      do {
        let derived = try SitePassword.derive(
          counter: counter, type: type, password: password, user: user, site: site)
        return .string(derived ?? "cannot find password template \(type)")
      } catch {
        throw a.failure("failed to derive password")
      }
    },
    Function("encryptAES", 2) { a, run in
      let (password, text) = (try a.string(0), try a.string(1))
      guard !text.isEmpty else { return .string("") }
      try run.budget.makeText(bytes: text.utf8.count * 2)
      guard let sealed = try? SealedText.seal(text, password: password, vector: run.world.bytes(16)) else {
        throw a.failure("the text cannot be encrypted")
      }
      return .string(Base64.encode(sealed))
    },
    Function("decryptAES", 2) { a, run in
      let (password, text) = (try a.string(0), try a.string(1))
      guard !text.isEmpty else { return .string("") }
      try run.budget.makeText(bytes: text.utf8.count)
      switch GoBase64.decode(Array(text.utf8)) {
      case .illegal(let position): throw a.failure("illegal base64 data at input byte \(position)")
      case .bytes(let sealed):
        guard let opened = SealedText.open(sealed, password: password) else {
          throw a.failure("the text was not encrypted with this password")
        }
        return .string(String(decoding: opened, as: UTF8.self))
      }
    },
  ]

  /// Of what keeps a processor busy for a tenth of a second on purpose: three in one text.
  static let hardWork = 1_500_000

  private static func bcrypt(_ password: String, _ run: inout Run) throws -> String {
    guard password.utf8.count <= Bcrypt.maximumPasswordBytes else {
      return "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes"
    }
    try run.budget.spend(hardWork)
    return Bcrypt.hash(Array(password.utf8), salt: run.world.bytes(16), cost: 10)
  }
}

extension TemplateWorld {
  /// Random bytes.
  func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: random()) } }
}
