import Fleet
import Manifest
import Testing

@Suite struct ModelVersionsTests {
  private func objects(_ text: String) -> [Object] {
    ObjectReader.read(Array(text.utf8), file: "t.yaml").objects
  }

  /// `kind model version@revision`, images left out unless they are asked for.
  private func found(_ text: String, images: Bool = false) -> [String] {
    ModelVersions.of(objects(text)).filter { images || $0.kind == .model }.map { found in
      found.label.isEmpty ? found.model : "\(found.model) \(found.label)"
    }
  }

  private static func configMap(_ data: String, name: String = "model-config") -> String {
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \(name)}\ndata:\n  \(data)\n"
  }

  private static func workload(_ container: String, kind: String = "Deployment", group: String = "apps/v1") -> String {
    "apiVersion: \(group)\nkind: \(kind)\nmetadata: {name: web}\nspec: {template: {spec: {containers: [\(container)]}}}\n"
  }

  @Test func modelsOfConfigMaps() {
    let table: [(String, [String])] = [
      ("{MODEL_NAME: llama3, MODEL_VERSION: 3.1-70b}", ["llama3 3.1-70b"]),
      (
        "{MODEL_NAME: llama3, MODEL_VERSION: 3.1-70b-instruct, MODEL_REVISION: a2431349ba}",
        ["llama3 3.1-70b-instruct@a2431349ba"]
      ),
      ("{model.name: llama3, model.version: '3.1'}", ["llama3 3.1"]),
      ("{model-name: llama3, model-version: '3.1'}", ["llama3 3.1"]),
      ("{MODEL_ID: meta-llama/Llama-3.1-70B}", ["meta-llama/Llama-3.1-70B"]),
      ("{MODEL_NAME: chat, MODEL_ID: meta-llama/Llama-3.1-70B}", ["chat meta-llama/Llama-3.1-70B"]),
      ("{SERVED_MODEL_NAME: chat, MODEL_NAME: llama3, MODEL_VERSION: '2'}", ["chat 2"]),
      ("{MODEL_VERSION: '2'}", ["model-config 2"]),
      ("{MODEL_URI: 's3://user:pass@models/llama3'}", ["s3://models/llama3"]),
      ("{MAX_BATCH_SIZE: '32', TEMPERATURE: '0.7'}", []),
      ("{MODEL_NAME: ''}", []),
      ("{MODEL_NAME: \"a\\nb\"}", []),
      ("config.yaml: |\n    model:\n      name: llama3\n      version: 3.1\n", ["llama3 3.1"]),
      ("config.json: '{\"model_name\": \"llama3\", \"model_version\": 7}'", ["llama3 7"]),
      ("config.yaml: 'not: [yaml'", []), ("notes.txt: 'MODEL_NAME: x'", []),
    ]
    for (data, expected) in table { #expect(found(Self.configMap(data)) == expected, "\(data)") }
    // The hash of a generator is no part of the name.
    #expect(found(Self.configMap("{MODEL_VERSION: '2'}", name: "llama3-7gbh5d9mmk")) == ["llama3 2"])
    #expect(found(Self.configMap("{MODEL_VERSION: '2'}", name: "llama3-production")) == ["llama3-production 2"])
  }

  @Test func modelsOfContainers() {
    let table: [(String, [String])] = [
      ("{name: c, image: x, args: [--model=meta-llama/Llama-3.1-8B]}", ["meta-llama/Llama-3.1-8B"]),
      (
        "{name: c, image: x, args: [--model, meta-llama/Llama-3.1-8B, --revision, abc]}",
        ["meta-llama/Llama-3.1-8B abc"]
      ),
      (
        "{name: c, image: x, args: [--model, meta-llama/Llama-3.1-8B, --served-model-name=chat]}",
        ["chat meta-llama/Llama-3.1-8B"]
      ),
      (
        "{name: c, image: x, command: [vllm, serve, mistralai/Mistral-7B], args: [--port, '8000']}",
        ["mistralai/Mistral-7B"]
      ),
      (
        "{name: c, image: x, command: [sh, -c, \"exec vllm serve 'mistralai/Mistral-7B' --revision=v2\"]}",
        ["mistralai/Mistral-7B v2"]
      ),
      (
        "{name: c, image: x, env: [{name: MODEL_NAME, value: llama3}, {name: MODEL_VERSION, value: '3.1'}]}",
        ["llama3 3.1"]
      ),
      ("{name: c, image: x, env: [{name: MODEL_ID, valueFrom: {secretKeyRef: {name: s, key: k}}}]}", []),
      ("{name: c, image: x, args: ['--model=$(MODEL_NAME)']}", []), ("{name: c, image: x, args: [--model]}", []),
      ("{name: c, image: x, args: [--models=a, --port=1]}", []), ("{name: c, image: x}", []),
    ]
    for (container, expected) in table {
      #expect(found(Self.workload(container)) == expected, "\(container)")
      #expect(found(Self.workload(container, kind: "Rollout", group: "argoproj.io/v1alpha1")) == expected)
    }
  }

  @Test func imagesByTagOrDigest() {
    let table: [(String, String)] = [
      ("nginx:1.27", "nginx 1.27"), ("nginx", "nginx latest"), ("ghcr.io/org/app:v2", "app v2"),
      ("registry:5000/org/app", "app latest"), ("registry:5000/org/app:v2", "app v2"),
      ("org/app@sha256:0123456789abcdef0123", "app 0123456789ab"),
      ("org/app:v2@sha256:0123456789abcdef0123", "app v2@0123456789ab"),
    ]
    for (image, expected) in table {
      #expect(found(Self.workload("{name: c, image: '\(image)'}"), images: true) == [expected], "\(image)")
    }
    #expect(found(Self.workload("{name: c, image: ''}"), images: true).isEmpty)
    let job = """
      apiVersion: batch/v1
      kind: CronJob
      metadata: {name: j}
      spec: {jobTemplate: {spec: {template: {spec: {initContainers: [{name: c, image: 'a:1'}], containers: []}}}}}
      """
    #expect(found(job, images: true) == ["a 1"])
  }

  @Test func modelsOfKServe() {
    func service(_ spec: String, kind: String = "InferenceService") -> String {
      "apiVersion: serving.kserve.io/v1beta1\nkind: \(kind)\nmetadata: {name: llama3}\nspec: \(spec)\n"
    }
    let table: [(String, [String])] = [
      (
        service("{predictor: {model: {modelFormat: {name: huggingface}, storageUri: 's3://m/llama3/3.1'}}}"),
        ["llama3 s3://m/llama3/3.1"]
      ),
      (service("{predictor: {sklearn: {storageUri: 'gs://m/iris/2'}}}"), ["llama3 gs://m/iris/2"]),
      (
        service(
          "{predictor: {model: {modelFormat: {name: huggingface}, args: [--model_name=chat, --model_id=org/x]}}}"),
        ["chat org/x"]
      ),
      (service("{predictor: {containers: [{name: c, image: x, args: [--model=org/x]}]}}"), ["org/x"]),
      (
        service("{model: {uri: 'hf://org/Qwen2.5-7B', name: qwen}}", kind: "LLMInferenceService"),
        ["qwen hf://org/Qwen2.5-7B"]
      ),
      (service("{predictor: {}}"), []),
    ]
    for (text, expected) in table { #expect(found(text) == expected, "\(text)") }
  }

  @Test func secretsAreNotLookedAt() {
    let text = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {MODEL_NAME: llama3, MODEL_VERSION: x}\n"
    #expect(found(text, images: true).isEmpty)
  }

  // MARK: Changes

  private func changes(_ old: String, _ new: String) -> [String] {
    ModelChanges.between(ModelVersions.of(objects(old)), ModelVersions.of(objects(new))).map(\.description)
  }

  @Test func changesAreNamed() {
    func config(_ version: String, name: String = "m-7gbh5d9mmk") -> String {
      Self.configMap("{MODEL_NAME: llama3, MODEL_VERSION: '\(version)'}", name: name)
    }
    func args(_ text: String) -> String { Self.workload("{name: c, image: 'vllm:1', args: [\(text)]}") }
    func uri(_ text: String) -> String {
      "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: chat}\n"
        + "spec: {predictor: {model: {storageUri: '\(text)'}}}\n"
    }
    let table: [(String, String, [String])] = [
      (config("3.1-70b"), config("3.2-70b", name: "m-bh5d9mmk7g"), ["llama3 3.1-70b → 3.2-70b"]),
      (config("3.1"), config("3.1"), []),
      (config("3.1"), config("3.1", name: "renamed"), []),
      (config("3.1"), config("3.2", name: "renamed"), ["llama3 3.1 → 3.2"]),
      ("", config("3.1"), ["llama3 3.1 (new)"]), (config("3.1"), "", ["llama3 3.1 (removed)"]),
      (
        Self.configMap("{MODEL_NAME: l, MODEL_VERSION: '1', MODEL_REVISION: a}"),
        Self.configMap("{MODEL_NAME: l, MODEL_VERSION: '1', MODEL_REVISION: b}"), ["l 1@a → 1@b"]
      ),
      (args("--model=org/a"), args("--model=org/b"), ["org/a → org/b"]),
      (args("--model=org/a"), args("--model=org/a, --revision=x"), ["org/a (no version) → x"]),
      (
        args("--model=org/a"), args("--model=org/a").replacing("vllm:1", with: "vllm:2"), ["vllm 1 → 2"]
      ),
      (
        config("3.1") + "---\n" + args("--model=org/a"),
        config("3.2") + "---\n" + args("--model=org/a").replacing("vllm:1", with: "vllm:2"),
        ["llama3 3.1 → 3.2", "vllm 1 → 2"]
      ),
      (uri("s3://models/llama/3.1"), uri("s3://models/llama/3.2"), ["chat 3.1 → 3.2"]),
      (uri("s3://models/llama"), uri("gs://models/llama"), ["chat s3://models/llama → gs://models/llama"]),
      // The same model in two workloads is one change.
      (
        args("--model=org/a, --revision=1") + "---\n"
          + args("--model=org/a, --revision=1").replacing("name: web", with: "name: two"),
        args("--model=org/a, --revision=2") + "---\n"
          + args("--model=org/a, --revision=2").replacing("name: web", with: "name: two"), ["org/a 1 → 2"]
      ),
    ]
    for (old, new, expected) in table { #expect(changes(old, new) == expected, "\(old)\n\(new)") }
  }

  @Test func summariesAreShort() {
    func image(_ tag: Int) -> [ModelVersion] {
      ["a", "b", "c", "d"].map { name in
        ModelVersion(
          .image, name, version: "\(tag)",
          origin: .init(object: ObjectID(group: "", kind: "Pod", namespace: "", name: name), part: "container c"))
      }
    }
    let changes = ModelChanges.between(image(1), image(2))
    #expect(ModelChanges.summary(changes) == "a 1 → 2, b 1 → 2, c 1 → 2, and 1 more")
    #expect(ModelChanges.summary(changes, limit: 4) == "a 1 → 2, b 1 → 2, c 1 → 2, d 1 → 2")
    #expect(ModelChanges.summary([]).isEmpty)
  }
}
