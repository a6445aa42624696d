import CYAML

/// Builds trees from libyaml's events, on a stack of its own.
struct YAMLReader {
  private struct Anchored {
    var node: Node
    /// Nodes in it, aliases expanded.
    var size: Int
  }

  private struct Frame {
    var mark: SourceMark
    var style: Node.Style
    var anchor: String?
    var isMapping: Bool
    var nodes: [Node] = []
    var mapping = Mapping()
    /// The key that waits for its value.
    var key: (text: String, mark: SourceMark, isMerge: Bool)?
    var merges: [Node] = []
    var size = 1
  }

  private static let maximumProblems = 50

  private let file: String
  private let options: YAML.Options
  private var stack: [Frame] = []
  private var documents: [Node] = []
  private var anchors: [String: Anchored] = [:]
  private var aliasedNodes = 0
  private var problems: [Diagnostic] = []
  private var keys = KeyCache()

  init(file: String, options: YAML.Options) {
    self.file = file
    self.options = options
  }

  mutating func read(_ bytes: [UInt8]) throws(Diagnostics) -> [Node] {
    guard bytes.count <= options.limits.bytes else {
      throw Diagnostics(problem("too-large", "the text has more than \(options.limits.bytes) bytes", .none))
    }
    var parser = yaml_parser_t()
    guard yaml_parser_initialize(&parser) == 1 else {
      throw Diagnostics(problem("memory", "no memory to read the text", .none))
    }
    defer { yaml_parser_delete(&parser) }
    let joined = Self.withoutInnerMarks(bytes)
    let fatal: Diagnostic? = (joined ?? bytes).withUnsafeBufferPointer { whole in
      // libyaml looks for a byte order mark only where it guesses the encoding.
      let hasMark = whole.starts(with: [0xEF, 0xBB, 0xBF])
      let buffer = hasMark ? UnsafeBufferPointer(rebasing: whole.dropFirst(3)) : whole
      yaml_parser_set_input_string(&parser, buffer.baseAddress, buffer.count)
      yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
      return readEvents(&parser, bytes: buffer)
    }
    if let fatal { problems.append(fatal) }
    if !problems.isEmpty { throw Diagnostics(problems) }
    return documents
  }

  /// Without the byte order marks that begin a document after the first, as in files that were joined on Windows.
  /// - Returns: nil where there are none.
  private static func withoutInnerMarks(_ bytes: [UInt8]) -> [UInt8]? {
    var result: [UInt8]?
    bytes.withUnsafeBufferPointer { text in
      var position = 0
      var kept = 0
      while let found = text[position...].firstIndex(of: 0xEF) {
        position = found + 1
        guard found + 2 < text.count, text[found + 1] == 0xBB, text[found + 2] == 0xBF,
          followsDocumentStart(text, found)
        else { continue }
        if result == nil { result = [] }
        result?.append(contentsOf: text[kept..<found])
        kept = found + 3
      }
      result?.append(contentsOf: text[kept...])
    }
    return result
  }

  /// Whether the line before `position` begins with `---`.
  private static func followsDocumentStart(_ text: UnsafeBufferPointer<UInt8>, _ position: Int) -> Bool {
    guard position > 0, text[position - 1] == UInt8(ascii: "\n") else { return false }
    let before = text[..<(position - 1)]
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return before[start...].starts(with: "---".utf8)
  }

  private func problem(
    _ code: String, _ message: String, _ mark: SourceMark, notes: [Diagnostic.Note] = [], help: String? = nil
  ) -> Diagnostic {
    Diagnostic(
      "yaml.\(code)", message, at: SourceLocation(file: file, mark: mark), notes: notes, help: help)
  }

  /// - Returns: what ended the reading before the stream's end.
  private mutating func readEvents(
    _ parser: inout yaml_parser_t, bytes: UnsafeBufferPointer<UInt8>
  ) -> Diagnostic? {
    while true {
      var event = yaml_event_t()
      guard yaml_parser_parse(&parser, &event) == 1 else { return YAMLSyntaxProblem(parser, bytes).diagnostic(file) }
      defer { yaml_event_delete(&event) }
      if event.type == YAML_STREAM_END_EVENT { return nil }
      if let problem = take(&event) { return problem }
    }
  }

  private mutating func take(_ event: inout yaml_event_t) -> Diagnostic? {
    let mark = SourceMark(event.start_mark)
    switch event.type {
    case YAML_DOCUMENT_START_EVENT: anchors.removeAll(keepingCapacity: true)
    case YAML_SCALAR_EVENT: takeScalar(event.data.scalar, mark)
    case YAML_ALIAS_EVENT: return takeAlias(String(cString: event.data.alias.anchor), mark)
    case YAML_SEQUENCE_START_EVENT:
      let data = event.data.sequence_start
      return push(mark, data.style == YAML_FLOW_SEQUENCE_STYLE ? .flow : .plain, data.anchor, isMapping: false)
    case YAML_MAPPING_START_EVENT:
      let data = event.data.mapping_start
      return push(mark, data.style == YAML_FLOW_MAPPING_STYLE ? .flow : .plain, data.anchor, isMapping: true)
    case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: pop()
    default: break
    }
    return nil
  }

  private mutating func push(
    _ mark: SourceMark, _ style: Node.Style, _ anchor: UnsafeMutablePointer<yaml_char_t>?, isMapping: Bool
  ) -> Diagnostic? {
    guard stack.count < options.limits.depth else {
      return problem("too-deep", "nested deeper than \(options.limits.depth) levels", mark)
    }
    if let frame = stack.last, frame.isMapping, frame.key == nil {
      return problem("complex-key", "a key must be a scalar, not a sequence or mapping", mark)
    }
    let name = anchor.map { String(cString: $0) }
    stack.append(Frame(mark: mark, style: style, anchor: name, isMapping: isMapping))
    return nil
  }

  private mutating func pop() {
    guard var frame = stack.popLast() else { return }
    if frame.isMapping, !frame.merges.isEmpty { merge(into: &frame) }
    let value: Value = frame.isMapping ? .mapping(frame.mapping) : .sequence(frame.nodes)
    let node = Node(value, mark: frame.mark, style: frame.style)
    if let anchor = frame.anchor { anchors[anchor] = Anchored(node: node, size: frame.size) }
    add(node, size: frame.size)
  }

  /// Puts a finished node where it belongs.
  private mutating func add(_ node: Node, size: Int) {
    guard !stack.isEmpty else {
      documents.append(node)
      return
    }
    let top = stack.count - 1
    stack[top].size += size
    guard stack[top].isMapping else {
      stack[top].nodes.append(node)
      return
    }
    guard let key = stack[top].key else { return }
    stack[top].key = nil
    if key.isMerge {
      if options.schema == .kustomize, !stack[top].merges.isEmpty { takeDuplicate(key.text, key.mark, node) }
      stack[top].merges.append(node)
      return
    }
    let added = stack[top].mapping.append(.init(key: key.text, keyMark: key.mark, value: node))
    if !added { takeDuplicate(key.text, key.mark, node) }
  }

  private mutating func takeDuplicate(_ key: String, _ mark: SourceMark, _ node: Node) {
    let top = stack.count - 1
    if options.allowsDuplicateKeys {
      stack[top].mapping[key] = node
    } else if problems.count < Self.maximumProblems {
      let first = stack[top].mapping.keyMark(of: key).map { SourceLocation(file: file, mark: $0) }
      problems.append(
        problem(
          "duplicate-key", "key '\(key)' is there twice", mark,
          notes: [.init("it is here first", at: first)], help: "keep one of the two"))
    }
  }

  private mutating func takeScalar(
    _ scalar: yaml_event_t.__Unnamed_union_data.__Unnamed_struct_scalar, _ mark: SourceMark
  ) {
    let text = UnsafeBufferPointer(start: UnsafePointer(scalar.value), count: scalar.length)
    let isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
    if let top = stack.last, top.isMapping, top.key == nil {
      var key = keys.string(text)
      if isPlain, options.schema == .yaml11 || options.requiresStringKeys { key = resolvedKey(key, mark) }
      stack[stack.count - 1].key = (key, mark, isPlain && key == "<<")
      if let anchor = scalar.anchor { anchors[String(cString: anchor)] = Anchored(node: .string(key), size: 1) }
      return
    }
    let tag = scalar.tag.map { String(cString: $0) }
    let read = YAMLScalar.node(text, style: scalar.style, tag: tag, schema: options.schema, mark: mark)
    if read == nil { addTagProblem(tag ?? "", mark) }
    let node = read ?? Node(.null, mark: mark)
    if stack.isEmpty, isPlain, text.isEmpty { return }
    if let anchor = scalar.anchor { anchors[String(cString: anchor)] = Anchored(node: node, size: 1) }
    add(node, size: 1)
  }

  private mutating func addTagProblem(_ tag: String, _ mark: SourceMark) {
    guard problems.count < Self.maximumProblems else { return }
    let type = tag.replacing(YAMLScalar.tagPrefix, with: "!!")
    problems.append(
      problem("tag", "the text is no \(type)", mark, help: "leave out the tag, or write a value of its type"))
  }

  /// What a plain key is by the schema.
  private mutating func resolvedKey(_ key: String, _ mark: SourceMark) -> String {
    let value = YAMLScalar.resolve(key, schema: options.schema)
    let isDate = options.schema == .kustomize && YAML11.isTimestamp(key)
    if case .string = value, !isDate { return key }
    if options.requiresStringKeys, problems.count < Self.maximumProblems {
      let kind = isDate ? "timestamp" : value.kindName
      problems.append(
        problem("key-type", "key '\(key)' reads as \(kind), not as a string", mark, help: "put it in quotes"))
    }
    switch value {
    case .bool(let flag): return flag ? "true" : "false"
    case .int(let number): return String(number)
    default: return key
    }
  }

  private mutating func takeAlias(_ name: String, _ mark: SourceMark) -> Diagnostic? {
    guard let anchored = anchors[name] else {
      return problem("unknown-anchor", "alias '*\(name)' names an anchor that is not there", mark)
    }
    aliasedNodes += anchored.size
    guard aliasedNodes <= options.limits.aliasedNodes else {
      return problem("alias-expansion", "aliases expand to more than \(options.limits.aliasedNodes) nodes", mark)
    }
    if let top = stack.last, top.isMapping, top.key == nil {
      guard let text = anchored.node.string else {
        return problem("complex-key", "a key must be a scalar, not a sequence or mapping", mark)
      }
      stack[stack.count - 1].key = (text, mark, false)
      return nil
    }
    add(anchored.node, size: anchored.size)
    return nil
  }

  /// Resolves `<<`: own keys win, then those of earlier mappings.
  private mutating func merge(into frame: inout Frame) {
    for merged in frame.merges {
      for source in merged.sequence ?? [merged] {
        guard let mapping = source.mapping else {
          problems.append(problem("merge", "'<<' takes a mapping or a list of mappings", frame.mark))
          return
        }
        for member in mapping { frame.mapping.append(member) }
      }
    }
  }
}

extension SourceMark {
  /// libyaml counts from 0.
  init(_ mark: yaml_mark_t) {
    self.init(line: UInt32(clamping: mark.line + 1), column: UInt32(clamping: mark.column + 1))
  }
}
