import HTTPTypes
import Hummingbird
import Manifest

/// JSON answers.
enum Answer {
  static func json(_ value: Value, status: HTTPResponse.Status = .ok) -> Response {
    Response(
      status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: JSON.write(Node(value)) + [0x0A])))
  }

  static func problem(_ problem: APIProblem) -> Response {
    var error: Mapping = ["code": .string(problem.code), "message": .string(problem.message)]
    if !problem.hint.isEmpty { error["hint"] = .string(problem.hint) }
    var response = json(["error": .mapping(error)], status: problem.status)
    for field in problem.headers { response.headers[field.name] = field.value }
    return response
  }

  static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> Response {
    Response(
      status: .ok, headers: [.contentType: type, .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }
}
