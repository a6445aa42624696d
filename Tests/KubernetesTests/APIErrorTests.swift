import Kubernetes
import Manifest
import Testing

struct APIErrorTests {
  @Test func everyRecordedRefusalHasItsKind() throws {
    var seen: [APIError.Kind] = []
    for exchange in try Recordings.exchanges() where exchange.status >= 400 {
      guard let body = exchange.body, body["kind"]?.string == "Status" else { continue }
      let error = APIError(status: exchange.status, retryAfterHeader: nil, body: JSON.write(body))
      let message = body["message"]?.string ?? ""
      let expected: APIError.Kind
      switch exchange.status {
      case 400, 422: expected = .invalid
      case 401: expected = .unauthorized
      case 403: expected = message.contains("being terminated") ? .namespaceTerminating : .forbidden
      case 404: expected = .notFound
      case 406, 415: expected = .unsupportedMediaType
      case 409: expected = message.contains("already exists") ? .alreadyExists : .conflict
      case 500: expected = .invalid
      default: expected = .server
      }
      #expect(error.kind == expected, "\(exchange.status) \(message)")
      if expected == .invalid { #expect(error.retry == .never, "\(message)") }
      seen.append(error.kind)
    }
    #expect(seen.count > 30)
  }

  @Test func conflictsNameFieldsAndManagers() throws {
    let exchange = try #require(try Recordings.exchanges(of: "apply-configmap").first { $0.status == 409 })
    let error = APIError(status: 409, retryAfterHeader: nil, body: JSON.write(try #require(exchange.body)))
    #expect(error.causes.first?.field == ".data.MODEL_NAME")
    #expect(error.causes.first?.reason == "FieldManagerConflict")
  }

  @Test func retryAfterIsHonouredAndBounded() {
    let cases: [(String?, Failure.Retry)] = [
      ("7", .after(seconds: 7)), ("99999999", .after(seconds: 300)), (nil, .backOff), ("soon", .backOff),
      ("nan", .backOff), ("-1", .backOff), ("inf", .after(seconds: 300)),
    ]
    for status in [429, 503] {
      for (header, retry) in cases {
        let error = APIError(status: status, retryAfterHeader: header, body: Array("busy".utf8))
        #expect(error.retry == retry, "\(status) \(header ?? "none")")
      }
    }
  }

  @Test func retryAfterMayBeADate() {
    // Ten seconds before the date of RFC 9110 §5.6.7, which has it in all three forms.
    let now = 784_111_777.0 - 10
    let cases: [(String, Failure.Retry)] = [
      ("Sun, 06 Nov 1994 08:49:37 GMT", .after(seconds: 10)), ("Sunday, 06-Nov-94 08:49:37 GMT", .after(seconds: 10)),
      ("Sun Nov  6 08:49:37 1994", .after(seconds: 10)), ("Sun, 06 Nov 1994 08:49:27 GMT", .backOff),
      ("Sun, 06 Nov 1994 08:49:28 GMT", .after(seconds: 1)), ("Thu, 01 Jan 1970 00:00:00 GMT", .backOff),
      ("Sun, 06 Nov 2094 08:49:37 GMT", .after(seconds: 300)), ("Sun, 06 Nov 1994 08:49:37 CET", .backOff),
      ("Sun, 06 Nov 1994 8:49 GMT", .backOff), ("Sun, 06 Nov 1994 08:49:37", .backOff),
      ("Sun, 06 Nox 2094 08:49:37 GMT", .backOff), ("Sun, 99 Nov 2094 08:49:37 GMT", .backOff),
      ("Sun, 06 Nov 2094 25:49:37 GMT", .backOff), ("Sun, 06 Nov 20940 08:49:37 GMT", .backOff),
      ("Sun, +6 Nov 2094 08:49:37 GMT", .backOff), (String(repeating: "Sun, ", count: 100_000), .backOff),
      (", , , , , GMT", .backOff), ("Sun, 06 Nov 2094 :: GMT", .backOff), ("", .backOff),
    ]
    for (header, retry) in cases {
      let error = APIError(status: 503, retryAfterHeader: header, body: Array("busy".utf8), now: now)
      #expect(error.retry == retry, "\(header.prefix(60))")
    }
  }

  @Test func otherAnswersAreDescribedAndNotQuoted() {
    let cases: [(Int, String, String, APIError.Kind)] = [
      (502, "<html>SECRET</html>", "an HTML page", .server), (404, "", "an empty answer", .notAnAPIServer),
      (400, "{\"a\":\"SECRET", "broken JSON", .notAnAPIServer),
      (403, "{\"error\":\"SECRET\"}", "other JSON", .forbidden),
      (500, "SECRET", "6 bytes that are not JSON", .server), (302, "", "an empty answer", .notAnAPIServer),
    ]
    for (status, body, words, kind) in cases {
      let error = APIError(status: status, retryAfterHeader: nil, body: Array(body.utf8))
      #expect(error.message.contains(words), "\(error.message)")
      #expect(!error.message.contains("SECRET"))
      #expect(error.kind == kind, "\(status)")
    }
  }

  @Test func aSecretsValuesAreNeverQuoted() {
    let status: Value = [
      "kind": "Status", "message": "Secret \"x\" is invalid: data[a]: Invalid value: \"hunter2\": no",
      "reason": "Invalid", "code": 422,
      "details": [
        "causes": [["reason": "FieldValueInvalid", "message": "Invalid value: \"hunter2\"", "field": "data[a]"]]
      ],
    ]
    let error = APIError(
      status: 422, retryAfterHeader: nil, body: JSON.write(Node(status)), mayQuoteSecret: true)
    #expect(error.message == "the server refuses the Secret (Invalid): data[a]")
    #expect(!"\(error)".contains("hunter2"))
  }

  @Test func longMessagesAreCut() {
    let status: Value = ["kind": "Status", "message": .string(String(repeating: "x", count: 100_000)), "code": 500]
    let error = APIError(status: 500, retryAfterHeader: nil, body: JSON.write(Node(status)))
    #expect(error.message.count == 2_000)
    #expect(error.kind == .server)
  }
}
