extension Function {
  static let certificates: [Function] = [
    Function("genPrivateKey", 1) { a, run in
      let name = try a.string(0)
      switch name {
      case "", "rsa": return .string(try key(.rsa(bits: 4096), a, &run))
      case "ecdsa": return .string(try key(.ecdsa, a, &run))
      case "ed25519": return .string(try key(.ed25519, a, &run))
      case "dsa": throw a.failure("DSA keys are not made here: nothing takes them any more")
      default: return .string("Unknown type \(name)")
      }
    },
    Function("genCA", 2) { a, run in try make(a, &run, days: 1, isAuthority: true, key: nil) },
    Function("genCAWithKey", 3) { a, run in try make(a, &run, days: 1, isAuthority: true, key: a.string(2)) },
    Function("genSelfSignedCert", 4) { a, run in try make(a, &run, days: 3, key: nil) },
    Function("genSelfSignedCertWithKey", 5) { a, run in try make(a, &run, days: 3, key: a.string(4)) },
    Function("genSignedCert", 5) { a, run in try make(a, &run, days: 3, key: nil, signer: a.certificate(4)) },
    Function("genSignedCertWithKey", 6) { a, run in
      try make(a, &run, days: 3, key: a.string(5), signer: a.certificate(4))
    },
    Function("buildCustomCert", 2) { a, run in
      let cert = try decoded(a, 0, "certificate", &run)
      let key = try decoded(a, 1, "private key", &run)
      try refusing(a) {
        _ = try CertificateText.read(cert)
        do throws(PrivateKeyText.Problem) {
          _ = try PrivateKeyText.read(key)
        } catch {
          throw CertificateText.Problem(message: "error parsing private key: \(error.message)")
        }
      }
      return .certificate(GoCertificate(cert: cert, key: key))
    },
  ]

  private static func decoded(_ a: Arguments, _ index: Int, _ what: String, _ run: inout Run) throws -> String {
    let text = Array(try a.string(index).utf8)
    try run.budget.spend(text.count)
    guard case .bytes(let bytes) = GoBase64.decode(text) else { throw a.failure("unable to decode base64 \(what)") }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func key(_ kind: PrivateKeyText.Kind, _ a: Arguments, _ run: inout Run) throws -> String {
    switch kind {
    case .rsa(let bits): try run.budget.spend(bits > 2048 ? hardWork * 2 : hardWork)
    case .ecdsa, .ed25519: try run.budget.spend(hardWork / 20)
    }
    let world = run.world
    return try refusing(a) { try PrivateKeyText.make(kind) { world.bytes($0) } }
  }

  /// - Parameter days: which argument says how long it holds; addresses and names stand before a third one.
  private static func make(
    _ a: Arguments, _ run: inout Run, days: Int, isAuthority: Bool = false, key given: String?,
    signer: GoCertificate? = nil
  ) throws -> GoValue {
    var text = CertificateText(
      commonName: try a.string(0), days: try a.int(days), isAuthority: isAuthority, now: run.world.now(),
      serial: run.world.bytes(16))
    if days > 1 {
      text.addresses = try texts(a, 1) { "error parsing ip: \($0) is not a string" }
      text.names = try texts(a, 2) { "error processing alternate dns name: \($0) is not a string" }
    }
    try run.budget.spend(hardWork / 20)
    let key = try given ?? key(.rsa(bits: 2048), a, &run)
    return .certificate(try refusing(a) { [text] in try text.make(key: key, signer: signer) })
  }

  private static func texts(_ a: Arguments, _ index: Int, _ problem: (String) -> String) throws -> [String] {
    if a[index].isNothing { return [] }
    return try a.list(index).values.map { value in
      guard case .string(let text) = value else { throw a.failure(problem(Printer.short(value))) }
      return text
    }
  }

  /// Errors of the libraries below as errors of the function. Their own words may quote a key.
  private static func refusing<Value>(_ a: Arguments, _ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let problem as CertificateText.Problem {
      throw a.failure(problem.message)
    } catch let problem as PrivateKeyText.Problem {
      throw a.failure("parsing private key: \(problem.message)")
    } catch {
      throw a.failure("the certificate cannot be made of these")
    }
  }
}

extension Arguments {
  func certificate(_ index: Int) throws -> GoCertificate {
    if case .certificate(let certificate) = self[index] { return certificate }
    throw failure("can't handle \(Printer.short(self[index])) for arg of type sprig.certificate")
  }
}
