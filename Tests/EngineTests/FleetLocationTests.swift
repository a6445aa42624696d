import Foundation
import Testing

@testable import Engine

@Suite struct FleetLocationTests {
  @Test func relativePathsAreNeverPutBehindAnAddress() throws {
    let url = try GitURL("https://bob:hush@git.example.org/fleet.git")
    #expect(FleetRepository.Location.git(url, revision: "HEAD").base(in: "/srv") == "/srv")
    #expect(FleetRepository.Location.directory("/fleet").base(in: "/srv") == "/fleet")
  }

  @Test func aPathIsADirectoryUnlessItIsABareRepository() async throws {
    let folder = try TemporaryFolder()
    for name in [
      "fleet/clusters/a", "bare/HEAD", "bare/objects/x", "bare/refs/x", "clone/.git/HEAD", "a:b/x", "x.git/y",
    ] {
      try folder.write("", to: name)
    }
    let here = URL(fileURLWithPath: folder.path).standardizedFileURL.path
    // What is named, and the directory or the repository that it is.
    let table: [(text: String, directory: String?, repository: String?)] = [
      ("fleet", here + "/fleet", nil), ("./fleet/", here + "/fleet", nil), (here + "/fleet", here + "/fleet", nil),
      (".", here, nil), ("clone", here + "/clone", nil), ("a:b", here + "/a:b", nil),
      ("./later", here + "/later", nil), ("/not/mounted/yet", "/not/mounted/yet", nil),
      ("bare", nil, here + "/bare"), ("x.git", nil, here + "/x.git"), ("/srv/fleet.git", nil, "/srv/fleet.git"),
      ("./later.git", nil, here + "/later.git"), ("file://" + here + "/clone", nil, here + "/clone"),
      ("https://u:p@h/fleet", nil, "https://h/fleet"), ("git@h:fleet", nil, "git@h:fleet"),
      ("ssh://git@h/fleet", nil, "ssh://git@h/fleet"),
    ]
    for row in table {
      switch try FleetRepository.Location(row.text, revision: "main", in: folder.path) {
      case .directory(let path): #expect(path == row.directory, "\(row)")
      case .git(let url, let revision): #expect(url.text == row.repository && revision == "main", "\(row)")
      }
    }
    await expectFailure("fleet.no-directory") {
      try FleetRepository.Location("nofleet", revision: "HEAD", in: folder.path)
    }
    for text in ["", "ext::sh", "git://h/x", "-x:y"] {
      await expectFailure("git.url-invalid") { try FleetRepository.Location(text, revision: "HEAD", in: folder.path) }
    }
  }

  /// A volume that is mounted after the hub has started.
  @Test func aDirectoryThatComesLaterIsRead() async throws {
    let folder = try TemporaryFolder()
    let repository = FleetRepository(try .init(folder.path + "/fleet", revision: "HEAD", in: "/"))
    #expect(await !repository.load().isComplete)
    try folder.write("", to: "fleet/clusters/.keep")
    try folder.write("", to: "fleet/templates/.keep")
    #expect(await repository.load().isComplete)
  }
}
