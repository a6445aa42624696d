// swift-tools-version: 6.1
import Foundation
import PackageDescription

/// Every target of ours is compiled in Swift 6 mode.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// Test data is read from the source tree, beside the test that uses it (`#filePath`), so no target has resources.
func tests(of name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: dependencies, exclude: excluded(name), swiftSettings: settings)
}

/// The folder of golden cases of a test target, where there is one.
func excluded(_ name: String) -> [String] {
  let cases = Context.packageDirectory + "/Tests/" + name + "Tests/Cases"
  return FileManager.default.fileExists(atPath: cases) ? ["Cases"] : []
}

func benchmark(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(
    name: "bench-" + name.lowercased(), dependencies: dependencies, path: "Benchmarks/" + name,
    swiftSettings: settings)
}

let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let hummingbird: [Target.Dependency] = [
  .product(name: "Hummingbird", package: "hummingbird"),
  .product(name: "HummingbirdCore", package: "hummingbird"),
  .product(name: "HummingbirdTLS", package: "hummingbird"),
]

/// What the small HTTP/2 servers of tests and benchmarks are made of.
let httpServer: [Target.Dependency] = [
  .product(name: "NIOCore", package: "swift-nio"),
  .product(name: "NIOPosix", package: "swift-nio"),
  .product(name: "NIOHTTP1", package: "swift-nio"),
  .product(name: "NIOHTTP2", package: "swift-nio-http2"),
  .product(name: "NIOSSL", package: "swift-nio-ssl"),
  .product(name: "X509", package: "swift-certificates"),
  crypto,
]

let package = Package(
  name: "muster",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "muster", targets: ["muster"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
  ],
  targets: [
    .systemLibrary(name: "CMalloc"),
    .systemLibrary(name: "CLimits"),
    // No `pkgConfig`: the headers are needed, the library is loaded when it is first used.
    .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    // The same: only the process that runs health scripts loads it.
    .systemLibrary(name: "CLua", providers: [.apt(["liblua5.4-dev"])]),
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),

    room("Manifest", ["CYAML"]),
    room(
      "Templating",
      ["Manifest", crypto, cryptoExtras, .product(name: "X509", package: "swift-certificates")]),
    room("Kustomize", ["Manifest"]),
    room("Fleet", ["Manifest", "Templating"]),
    room("HTTPClient", ["CCurl", logging]),
    room("Kubernetes", ["Manifest", "HTTPClient"]),
    room(
      "Engine",
      [
        "CLimits", "CLua", "Manifest", "Templating", "Kustomize", "Fleet", "HTTPClient", "Kubernetes",
        grdb, subprocess, lifecycle, crypto, logging, metrics,
      ]),
    room(
      "Hub",
      ["Engine", "Fleet", "Manifest", logging, lifecycle, .product(name: "NIOSSL", package: "swift-nio-ssl")]
        + hummingbird),
    room(
      "Simulator",
      [
        "Manifest", "Kubernetes",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOHTTP2", package: "swift-nio-http2"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "X509", package: "swift-certificates"),
        crypto, lifecycle, logging,
      ]),
    .executableTarget(
      name: "muster",
      dependencies: [
        "Manifest", "Templating", "Kustomize", "Fleet", "HTTPClient", "Kubernetes", "Engine", "Hub",
        "Simulator", "CMalloc",
        .product(name: "ArgumentParser", package: "swift-argument-parser"), lifecycle, logging,
        .product(name: "NIOCore", package: "swift-nio"),
      ],
      swiftSettings: settings,
      // Nothing looks its symbols up by name: without the table of 59,000 of them each command starts 3 ms sooner.
      linkerSettings: [.unsafeFlags(["-Xlinker", "--no-export-dynamic"], .when(platforms: [.linux]))]),
    benchmark("Text", ["Manifest", "CYAML"]),
    benchmark("Render", ["Manifest", "Kustomize", "Engine"]),
    benchmark("Expansion", ["Manifest", "Templating", "Fleet", "BenchmarkSupport"]),
    tests(of: "Manifest", ["Manifest"]),
    tests(of: "Templating", ["Templating"]),
    tests(of: "Kustomize", ["Kustomize"]),
    tests(of: "Fleet", ["Fleet"]),
    tests(of: "HTTPClient", ["HTTPClient"] + httpServer),
    .target(
      name: "BenchmarkSupport", dependencies: ["HTTPClient", "CCurl"], path: "Benchmarks/Support",
      swiftSettings: settings),
    benchmark("HTTP", ["BenchmarkSupport", "HTTPClient", "CCurl"] + httpServer),
    benchmark(
      "Fleet",
      [
        "BenchmarkSupport", "HTTPClient", "Kubernetes", "Manifest",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    tests(of: "Kubernetes", ["Kubernetes"]),
    tests(of: "Simulator", ["Simulator"]),
    tests(of: "Engine", ["Engine", "Simulator"]),
    tests(
      of: "Hub",
      [
        "Hub", "Engine", "Fleet", "HTTPClient", "Kubernetes", "Manifest", logging,
        .product(name: "X509", package: "swift-certificates"), crypto,
      ]),
    tests(of: "Command", ["muster", "Manifest", "Fleet"]),
  ]
)
