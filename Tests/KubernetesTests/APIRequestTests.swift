import Kubernetes
import Manifest
import Testing

struct APIRequestTests {
  private let deployments = APIResource(
    gvk: GroupVersionKind(apiVersion: "apps/v1", kind: "Deployment"), plural: "deployments", isNamespaced: true)
  private let configMaps = APIResource.configMaps

  @Test func requestsAreWhatTheServerExpects() {
    let cases: [(APIRequest, String)] = [
      (.get(deployments, namespace: "a", name: "b"), "GET /apis/apps/v1/namespaces/a/deployments/b"),
      (.get(.namespaces, namespace: "ignored", name: "b"), "GET /api/v1/namespaces/b"),
      (
        .get(configMaps, namespace: "a/../b", name: "x?y#z%20 é"),
        "GET /api/v1/namespaces/a%2F..%2Fb/configmaps/x%3Fy%23z%2520%20%C3%A9"
      ),
      (
        .get(deployments, namespace: "a", name: "b", subresource: "scale"),
        "GET /apis/apps/v1/namespaces/a/deployments/b/scale"
      ),
      (
        .list(
          configMaps, options: .init(labelSelector: "a in (b,c)", limit: 3, continueToken: "t==", resourceVersion: "5")),
        "GET /api/v1/configmaps?labelSelector=a%20in%20%28b%2Cc%29&limit=3&continue=t%3D%3D"
      ),
      (
        .watch(
          configMaps, namespace: "n", options: .init(labelSelector: "a", resourceVersion: "7", timeout: 60),
          metadataOnly: true),
        "GET /api/v1/namespaces/n/configmaps?watch=true&allowWatchBookmarks=true&resourceVersion=7&labelSelector=a"
          + "&timeoutSeconds=60"
      ),
      (
        .watch(configMaps, options: .init(resourceVersion: "", timeout: 60, sendsInitialEvents: true)),
        "GET /api/v1/configmaps?watch=true&allowWatchBookmarks=true&sendInitialEvents=true"
          + "&resourceVersionMatch=NotOlderThan&timeoutSeconds=60"
      ),
      (
        .apply(
          configMaps, namespace: "n", name: "x", body: [:], manager: "muster", dryRun: true, fieldValidation: .strict),
        "PATCH /api/v1/namespaces/n/configmaps/x?fieldManager=muster&force=true&dryRun=All&fieldValidation=Strict"
      ),
      (
        .mergePatch(deployments, namespace: "n", name: "x", patch: [:], manager: "m", subresource: "scale"),
        "PATCH /apis/apps/v1/namespaces/n/deployments/x/scale?fieldManager=m"
      ),
      (
        .token(serviceAccount: "sa", namespace: "n", seconds: 600), "POST /api/v1/namespaces/n/serviceaccounts/sa/token"
      ),
    ]
    for (request, expected) in cases { #expect(request.method + " " + request.target == expected) }
  }

  @Test func metadataIsAskedForByTheRightName() {
    #expect(APIRequest.list(configMaps, metadataOnly: true).accept.contains("as=PartialObjectMetadataList;"))
    let watch = APIRequest.watch(configMaps, options: .init(resourceVersion: "1", timeout: 1), metadataOnly: true)
    #expect(watch.accept.contains("as=PartialObjectMetadata;"))
    #expect(APIRequest.get(configMaps, namespace: "n", name: "x", as: .metadata).accept == watch.accept)
  }

  @Test func bodiesAreCanonical() throws {
    let apply = APIRequest.apply(
      configMaps, namespace: "n", name: "x", body: ["kind": .string("ConfigMap"), "apiVersion": .string("v1")],
      manager: "muster")
    #expect(String(decoding: try #require(apply.body), as: UTF8.self) == #"{"apiVersion":"v1","kind":"ConfigMap"}"#)
    #expect(apply.contentType == "application/apply-patch+yaml")
    let delete = APIRequest.delete(
      configMaps, namespace: "n", name: "x", propagation: .foreground, uid: "u", resourceVersion: "9")
    #expect(
      String(decoding: try #require(delete.body), as: UTF8.self)
        == #"{"apiVersion":"v1","kind":"DeleteOptions","preconditions":{"resourceVersion":"9","uid":"u"},"#
        + #""propagationPolicy":"Foreground"}"#)
  }
}
