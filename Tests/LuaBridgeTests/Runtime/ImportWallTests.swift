import Glibc
import Testing

@Suite struct RuntimeImportWall {
  /// Only LuaBridge/Runtime may import the C target, and no Swift file may name Lua's own API.
  @Test func onlyTheRuntimeSeesC() throws {
    let root = "\(#filePath)".split(separator: "/").dropLast(4).joined(separator: "/")
    let files = swiftFiles("/" + root + "/Sources")
    #expect(files.contains { $0.hasSuffix("LuaBridge/Runtime/LuaState.swift") })
    #expect(files.count > 20)
    for file in files {
      let text = try #require(contents(file))
      if !file.contains("/LuaBridge/Runtime/") {
        #expect(!text.contains("import CLua"), "\(file)")
        #expect(!text.contains("clua_"), "\(file)")
      }
      #expect(!text.contains("lua_State") && !text.contains("luaL_"), "\(file)")
    }
  }

  private func swiftFiles(_ folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var files: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasPrefix(".") { continue }
      let path = folder + "/" + name
      if entry.pointee.d_type == UInt8(DT_DIR) { files += swiftFiles(path) }
      if name.hasSuffix(".swift") { files.append(path) }
    }
    return files
  }

  private func contents(_ path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
    return String(decoding: bytes, as: UTF8.self)
  }
}
