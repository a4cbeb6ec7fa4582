import Files
import Foundation
import Testing

@Suite struct AtomicWriteTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  struct Stop: Error {}

  @Test func newAndReplacedFiles() throws {
    for text in ["first", "second, longer", ""] {
      try writeAtomically(path: folder.file("f")) { try $0.write(text) }
      #expect(try folder.text("f") == text)
    }
    #expect(folder.contents() == ["f"])
  }

  @Test func failureKeepsTheOldFile() throws {
    try folder.write(Array("old".utf8), to: "f")
    #expect(throws: Stop.self) {
      try writeAtomically(path: folder.file("f")) { file in
        try file.write([UInt8](repeating: 1, count: 1 << 20))
        throw Stop()
      }
    }
    #expect(try folder.text("f") == "old")
    #expect(folder.contents() == ["f"])
  }

  @Test func nothingIsVisibleBeforeTheEnd() throws {
    try folder.write(Array("old".utf8), to: "f")
    try writeAtomically(path: folder.file("f")) { file in
      try file.write([UInt8](repeating: 65, count: 1 << 20))
      #expect(try folder.text("f") == "old")
    }
    #expect(try folder.bytes("f").count == 1 << 20)
  }

  @Test func manyPiecesArriveInOrder() throws {
    let pieces = (0..<300).map { k in [UInt8](repeating: UInt8(k % 251), count: k * 37) }
    try writeAtomically(path: folder.file("f")) { file in
      for piece in pieces { try file.write(piece) }
      #expect(file.position == pieces.reduce(0) { $0 + $1.count })
    }
    #expect(try folder.bytes("f") == Array(pieces.joined()))
  }

  @Test func linksAreFollowedAndModesKept() throws {
    try folder.write(Array("old".utf8), to: "real")
    let manager = FileManager.default
    try manager.setAttributes([.posixPermissions: 0o640], ofItemAtPath: folder.file("real"))
    try manager.createSymbolicLink(atPath: folder.file("link"), withDestinationPath: "real")
    try writeAtomically(path: folder.file("link")) { try $0.write("new") }
    #expect(try folder.text("real") == "new")
    #expect(try manager.destinationOfSymbolicLink(atPath: folder.file("link")) == "real")
    let mode = try manager.attributesOfItem(atPath: folder.file("real"))[.posixPermissions] as? Int
    #expect(mode == 0o640)
  }

  @Test func devicesAreWrittenDirectly() throws {
    try writeAtomically(path: "/dev/null") { try $0.write("gone") }
    #expect(
      try FileManager.default.attributesOfItem(atPath: "/dev/null")[.type] as? FileAttributeType
        == .typeCharacterSpecial)
  }

  @Test func fullDisk() {
    guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
    let error = #expect(throws: FileError.self) {
      try writeAtomically(path: "/dev/full") { try $0.write("x") }
    }
    #expect(error?.description == "/dev/full: cannot write: No space left on device")
  }

  @Test func unusablePaths() {
    #expect(throws: FileError(path: folder.path, reason: "is a directory, expected a file")) {
      try writeAtomically(path: folder.path) { _ in }
    }
    let missing = folder.file("no/such/file")
    #expect(throws: FileError(path: missing, reason: "cannot write: No such file or directory")) {
      try writeAtomically(path: missing) { _ in }
    }
    for path in ["", "a\0b", folder.file("x/")] {
      #expect(throws: FileError.self) { try writeAtomically(path: path) { _ in } }
    }
    let name = String(repeating: "x", count: 250)
    #expect(throws: Never.self) { try writeAtomically(path: folder.file(name)) { try $0.write("long") } }
    #expect(folder.contents() == [name])
  }
}
