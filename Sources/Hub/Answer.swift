import HTTPTypes
import Hummingbird
import Manifest

/// JSON answers.
enum Answer {
  static func json(_ value: Value, status: HTTPResponse.Status = .ok) -> Response {
    Response(
      status: status, headers: [.contentType: "application/json"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: JSON.write(Node(value)) + [0x0A])))
  }

  static func error(_ status: HTTPResponse.Status, _ code: String, _ message: String) -> Response {
    json(["error": ["code": .string(code), "message": .string(message)]], status: status)
  }

  static func text(_ text: String) -> Response {
    Response(
      status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }
}
