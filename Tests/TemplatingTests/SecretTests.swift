import Testing

@testable import Templating

@Suite struct SecretTests {
  private func check(_ table: [(String, String)]) {
    for (call, expected) in table { #expect(Rendering.outcome("{{\(call)}}") == expected, "\(call)") }
  }

  /// The first words of Blowfish's round keys and the last of its boxes.
  @Test func digitsOfPi() {
    let words = PiDigits.fraction(words: 1042)
    #expect(words.prefix(4) == [0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344])
    #expect(words.suffix(2) == [0x578F_DFE3, 0x3AC3_72E6])
  }

  /// Vectors of OpenBSD's and of jBCrypt's tests.
  @Test func bcrypt() {
    let salt: [UInt8] = [
      0x14, 0x4B, 0x3D, 0x69, 0x1A, 0x7B, 0x4E, 0xCF, 0x39, 0xCF, 0x73, 0x5C, 0x7F, 0xA7, 0xA7, 0x9C,
    ]
    #expect(
      Bcrypt.hash([], salt: salt, cost: 6) == "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.")
    #expect(Rendering.outcome("{{htpasswd \"u:x\" \"p\"}}") == "invalid username: u:x")
    #expect(Rendering.outcome("{{bcrypt (repeat 73 \"x\")}}").contains("exceeds 72 bytes"))
  }

  @Test func sitePasswords() {
    check([
      (#"derivePassword 1 "long" "password" "user" "example.com""#, "ZedaFaxcZaso9*"),
      (#"derivePassword 7 "maximum" "pässword" "usér" "ex""#, "WQMvSCjn3cXLNnWNgN1$"),
      (#"derivePassword 1 "nope" "a" "b" "c""#, "cannot find password template nope"),
    ])
  }

  @Test func sealedText() {
    check([
      (#"encryptAES "k" "some text of more than a block" | decryptAES "k""#, "some text of more than a block"),
      // openssl enc -aes-256-cbc -K 6b00… -iv 3031…
      (#"decryptAES "k" "MDEyMzQ1Njc4OWFiY2RlZl1T7w6L3B/L1/MfQb/l/+M=""#, "attack at dawn"),
      (#"encryptAES "k" """#, ""), (#"decryptAES "k" """#, ""),
    ])
    for bad in ["zz", "YWJj", "MDEyMzQ1Njc4OWFiY2RlZg=="] {
      #expect(Rendering.outcome("{{decryptAES \"k\" \"\(bad)\"}}").hasPrefix("ERROR"), "\(bad)")
    }
  }

  @Test func keysAndCertificates() {
    check([
      (#"genPrivateKey "ecdsa" | trunc 30"#, "-----BEGIN EC PRIVATE KEY-----"),
      (#"genPrivateKey "ed25519" | len"#, "119"), (#"genPrivateKey "foo""#, "Unknown type foo"),
      (
        #"$k := genPrivateKey "ecdsa"}}{{$c := genCAWithKey "ca" 10 $k}}{{eq $c.Key $k}}{{typeOf $c"#,
        "truesprig.certificate"
      ),
      (#"(genCA "ca" 10).Cert | trunc 28"#, "-----BEGIN CERTIFICATE-----\n"),
      (
        #"$k := genPrivateKey "ed25519"}}{{$ca := genCAWithKey "ca" 9 $k}}{{$c := genSignedCertWithKey "a" (list "10.0.0.1" "::1") (list "a.b") 9 $ca $k}}{{$d := buildCustomCert (b64enc $c.Cert) (b64enc $c.Key)}}{{eq $c.Cert $d.Cert"#,
        "true"
      ),
    ])
    for bad in [
      #"genSelfSignedCertWithKey "a" (list "nope") nil 1 (genPrivateKey "ecdsa")"#, #"genCAWithKey "a" 1 "bad""#,
      #"genSelfSignedCertWithKey "a" nil (list 1) 1 (genPrivateKey "ecdsa")"#, #"genSignedCert "a" nil nil 1 "x""#,
      #"buildCustomCert "Zm9v" "YmFy""#, #"buildCustomCert "!" "YmFy""#,
      #"(genCAWithKey "a" 1 (genPrivateKey "ecdsa")).Nope"#,
    ] {
      #expect(Rendering.outcome("{{\(bad)}}").hasPrefix("ERROR"), "\(bad)")
    }
  }
}
