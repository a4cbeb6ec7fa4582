import Foundation
import Testing

private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent()

/// The pages with examples, as paths from the package's root.
private let pages: [String] = {
  let docs = (try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: "docs").path)) ?? []
  return ["README.md", "scripts/README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
    + docs.filter { $0.hasSuffix(".md") }.sorted().map { "docs/\($0)" }
}()

/// The program, which lies beside the tests.
private let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
  .appending(path: "workbench")

/// WORKBENCH_UPDATE_DOCS=1 writes what the examples print into the pages, instead of checking it.
private let isUpdating = ProcessInfo.processInfo.environment["WORKBENCH_UPDATE_DOCS"] == "1"

private func page(_ path: String) throws -> DocumentPage {
  DocumentPage(try String(contentsOf: root.appending(path: path), encoding: .utf8))
}

/// Runs a script as `example.lua` in an empty folder that has `data` beside it.
private func run(_ script: String, in folder: URL) throws -> (output: String, status: Int32) {
  try script.write(to: folder.appending(path: "example.lua"), atomically: true, encoding: .utf8)
  let log = folder.appending(path: "example.log")
  _ = FileManager.default.createFile(atPath: log.path, contents: nil)
  let handle = try FileHandle(forWritingTo: log)
  defer { try? handle.close() }
  let process = Process()
  process.executableURL = program
  process.arguments = ["run", "example.lua"]
  process.currentDirectoryURL = folder
  process.standardInput = FileHandle.nullDevice
  process.standardOutput = handle
  process.standardError = handle
  try process.run()
  process.waitUntilExit()
  return (try String(contentsOf: log, encoding: .utf8), process.terminationStatus)
}

private func inTemporaryFolder(_ body: (URL) throws -> Void) throws {
  let folder = FileManager.default.temporaryDirectory.appending(path: "workbench-docs-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  try FileManager.default.createSymbolicLink(
    at: folder.appending(path: "data"), withDestinationURL: root.appending(path: "scripts/data"))
  try body(folder)
}

@Suite("The manual") struct DocsTests {
  @Test("its examples run and print what it says", .timeLimit(.minutes(2)), arguments: pages)
  func examples(_ path: String) throws {
    let page = try page(path)
    var outputs: [String] = []
    try inTemporaryFolder { folder in
      for example in page.examples {
        let (output, status) = try run(example.script, in: folder)
        outputs.append(output)
        if isUpdating { continue }
        let complaint = DocumentPage.complaint(about: example, output: output, status: status)
        #expect(complaint == nil, "\(path):\(example.line): \(complaint ?? "")")
      }
    }
    if isUpdating {
      try page.updated(outputs).write(to: root.appending(path: path), atomically: true, encoding: .utf8)
    }
  }

  @Test("its links lead to files", arguments: pages) func links(_ path: String) throws {
    let folder = root.appending(path: path).deletingLastPathComponent()
    for link in try page(path).links {
      #expect(
        FileManager.default.fileExists(atPath: folder.appending(path: link).path), "\(path) links to \(link)")
    }
  }

  @Test("has the examples it should have") func count() throws {
    let all = try pages.map { try page($0).examples.count }.reduce(0, +)
    #expect(all >= 40)
  }

  @Test("the reference is the one that the program writes") func reference() throws {
    try inTemporaryFolder { folder in
      let process = Process()
      process.executableURL = program
      process.arguments = ["docs", "--out", folder.path]
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      for name in ["lua-api.md", "workbench.lua"] {
        let written = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
        let kept = try String(contentsOf: root.appending(path: "docs/reference/\(name)"), encoding: .utf8)
        #expect(written == kept, "docs/reference/\(name) is out of date: make docs")
      }
      // The definitions for editors are Lua.
      let meta = folder.appending(path: "workbench.lua").path
      #expect(try run("assert(loadfile(\"\(meta)\"))", in: folder).status == 0)
    }
  }

  @Test("every example of the reference runs", .timeLimit(.minutes(2))) func referenceExamples() throws {
    let text = try String(contentsOf: root.appending(path: "docs/reference/lua-api.md"), encoding: .utf8)
    let examples = DocumentPage(text).examples
    #expect(examples.count >= 60)
    // What the examples take for granted; those that are expressions become statements.
    let script =
      """
      local gbm = wb.sde{
        name = "GBM", params = {mu = 0.05, sigma = 0.2},
        drift = function(x, t, p) return p.mu * x end, diffusion = function(x, t, p) return p.sigma * x end,
      }
      local sol = wb.solve(gbm, {x0 = 100, t = {0, 1}, steps = 64, paths = 1000})
      local study = wb.convergence(gbm, {x0 = 1, methods = {"em"}, levels = 3, paths = 200})
      local net = wb.nn.mlp{inputs = 2, hidden = {16}}
      local run = wb.train{
        model = net, data = wb.dist.gaussian{dim = 2}:sample{n = 100}, loss = wb.loss.ssm_vr{}, steps = 20, batch = 50,
      }
      local environment = setmetatable({net = net, run = run, gbm = gbm, sol = sol, study = study}, {__index = _G})
      local function try(line, text)
        local name = "=lua-api.md:" .. line
        local chunk = load("return " .. text, name, "t", environment) or assert(load(text, name, "t", environment))
        local fine, message = pcall(chunk)
        if not fine then print("lua-api.md:" .. line .. ": " .. tostring(message)) os.exit(1) end
      end

      """ + examples.map { "try(\($0.line), [==[\n\($0.script)]==])\n" }.joined()
    try inTemporaryFolder { folder in
      let (output, status) = try run(script, in: folder)
      #expect(status == 0, "\(output)")
    }
  }

  // MARK: the test itself

  @Test("a page is read as it should be, and what is wrong is seen") func negativeControl() throws {
    let page = DocumentPage(
      """
      Text [link](there.md), [site](https://example.org), [here](#part).
      ```lua
      print(1)
      ```

      ```output
      1
      ```
      ```lua more
      print(2.5, "s")
      ```
      ```output
      2.…	s
      ```
      ```lua skip
      error()
      ```
      ```lua fails
      error("no")
      ```
      ```output
      …
      ```
      ```lua
      print("unsaid")
      ```
      """)
    #expect(page.links == ["there.md"])
    try #require(page.examples.count == 4)
    #expect(page.examples.map(\.line) == [3, 10, 19, 25])
    #expect(page.updated(["1\n", "2.5\ts\n", "", ""]) == page.lines.joined(separator: "\n"))
    #expect(page.updated(["7\n", "3.5\ts\n", "", ""]).contains("```output\n7\n```"))
    let divider = DocumentPage.divider
    func complaint(_ i: Int, _ output: String, _ status: Int32) -> String? {
      DocumentPage.complaint(about: page.examples[i], output: output, status: status)
    }
    #expect(complaint(0, "1\n", 0) == nil)
    #expect(complaint(0, "2\n", 0) != nil)
    #expect(complaint(0, "1\n1\n", 0) != nil)
    #expect(complaint(0, "1\n", 1) != nil)
    #expect(complaint(1, "1\n\(divider)\n2.5\ts\n", 0) == nil)
    #expect(complaint(1, "1\n\(divider)\n3.5\ts\n", 0) != nil)
    #expect(complaint(2, "example.lua:1: no\n", 1) == nil)
    #expect(complaint(2, "", 0) != nil)
    #expect(complaint(3, "unsaid\n", 0) == nil)
    try inTemporaryFolder { folder in
      for (example, shouldFail) in zip(page.examples, [false, false, true, false]) {
        let (output, status) = try run(example.script, in: folder)
        #expect((status == 1) == shouldFail, "\(output)")
        #expect(DocumentPage.complaint(about: example, output: output, status: status) == nil)
      }
    }
  }
}
