import Testing

import LuaBridge

@Suite struct RunBinding {
  @Test func optionsTakeOverridesOfTheirType() throws {
    let state = try ArrayState()
    state.context.overrides = [
      "sigma": "0.3", "paths": "1e5", "dt": "1/256", "fast": "true", "method": "heun", "scale": "0.5",
      "extra": "1",
    ]
    let values = try state.run(
      """
      return wb.option('sigma', 0.2, 'volatility'), wb.option('paths', 100), wb.option('dt', 0.01),
        wb.option('fast', false), wb.option('method', 'em'), wb.option('scale', 1), wb.option('steps', 256)
      """)
    #expect(values.map(\.double) == [0.3, 100_000, 1.0 / 256, nil, nil, 0.5, 256])
    #expect(values[1].kind == .integer)
    #expect(values[0].kind == .number)
    #expect(values[3].boolean == true)
    #expect(values[4].string == "heun")
    #expect(state.context.unusedOverrides == ["extra"])
    #expect(
      state.context.options.map(\.name) == ["sigma", "paths", "dt", "fast", "method", "scale", "steps"])
    #expect(state.context.options[0].doc == "volatility")
    #expect(state.context.options[0].standard == .number(0.2))
    #expect(try state.run("return wb.option('sigma', 0.2)")[0].double == 0.3)
    #expect(state.context.options.count == 7)
  }

  @Test(arguments: [
    ("wb.option('a', 1)", "option 'a': expected a number, got \"x\" from --set"),
    ("wb.option('a', 1.5)", "expected a number, got \"x\""),
    ("wb.option('a', true)", "expected true or false, got \"x\""),
    ("wb.option('b', 1)", "got \"1/0\""), ("wb.option('c', 1)", "got \"\""),
    ("wb.option('d', 1)", "got \"1/2/3\""),
    ("wb.option()", "expected a string as argument 1, got nothing"),
    ("wb.option('e')", "a number, a boolean or a string, which tells the option's type"),
    ("wb.option('e', {})", "argument 2, got table"), ("wb.option('', 1)", "a word of letters"),
    ("wb.option('a b', 1)", "a word of letters"),
    ("wb.option('a=b', 1)", "a word of letters"), ("wb.option('e', 1, 3)", "expected a string as argument 3"),
    ("wb.option('e', 1) wb.option('e', 2)", "option 'e' already has the default 1"),
    ("wb.record()", "expected a string"), ("wb.record('x')", "a number, a boolean or a string"),
    ("wb.record('', 1)", "a name"),
    ("wb.record('x', {})", "a number, a boolean or a string as argument 2, got table"),
    ("wb.record('x', 1, {step = 1.5})", "option 'step' of wb.record: expected an integer, got 1.5"),
    ("wb.record('x', 1, {stp = 1})", "did you mean 'step'?"), ("wb.artifact()", "expected a string"),
    ("wb.artifact('')", "not the name of a file"),
    ("wb.progress(1)", "a number above 0 as argument 2, got nothing"),
    ("wb.progress(0/0, 1)", "expected a finite number as argument 1, got number nan"),
    ("wb.progress(1, 0)", "a number above 0"),
    ("wb.progress(1, 2, 3)", "expected a string as argument 3"),
  ]) func refused(_ source: String, _ message: String) throws {
    let state = try ArrayState()
    state.context.overrides = ["a": "x", "b": "1/0", "c": "", "d": "1/2/3"]
    let failure = try #require(state.failure(source))
    #expect(failure.contains(message), "\(failure)")
    #expect(failure.hasPrefix("test.lua:1: "), "\(failure)")
  }

  @Test func recordsProgressAndLog() throws {
    let state = try ArrayState()
    var seen: [RunContext.Progress] = []
    var logged: [String] = []
    state.context.onProgress = { seen.append($0) }
    _ = try state.run(
      "wb.record('nll', 1.5, {step = 3}) wb.record('ok', true) wb.progress(3, 10, 'training') wb.progress(20, 10)"
    )
    #expect(state.context.records.map(\.name) == ["nll", "ok"])
    #expect(state.context.records.map(\.step) == [3, nil])
    #expect(state.context.records.map(\.value) == [.number(1.5), .boolean(true)])
    #expect(seen.map(\.done) == [3, 10])
    #expect(seen.map(\.label) == ["training", ""])
    _ = try state.run("wb.log('fitted', 0.5, wb.array{1})")
    #expect(state.printed.hasPrefix("fitted\t0.5\tarray 1\n"))
    state.context.onLog = { logged.append($0) }
    _ = try state.run("wb.log('again')")
    #expect(logged == ["again"])
  }

  /// Of anything but a text `wb.log` is the logarithm.
  @Test func logOfANumberIsItsLogarithm() throws {
    let state = try ArrayState()
    #expect(try state.run("return wb.log(8, 2), wb.log(1)").map(\.double) == [3, 0])
    #expect(try state.numbers("wb.log(wb.array{1, 1})") == [0, 0])
    #expect(try state.numbers("wb.array{1}:map(function(x) return wb.log(x) end)") == [0])
    #expect(try #require(state.failure("wb.log()")).contains("expected a string as argument 1, got nothing"))
    #expect(state.printed.isEmpty)
  }

  @Test func artifactsGoToTheOutputFolder() throws {
    let state = try ArrayState()
    let folder = try ScratchFolder()
    state.context.outDirectory = folder.path + "/a/b"
    #expect(try state.run("return wb.artifact('c/d.txt')")[0].string == folder.path + "/a/b/c/d.txt")
    _ = try state.run("local f = assert(io.open(wb.artifact('c/d.txt'), 'w')) f:write('x') f:close()")
    #expect(try folder.read("a/b/c/d.txt") == "x")
    #expect(state.context.artifacts == [folder.path + "/a/b/c/d.txt"])
    #expect(try state.run("return wb.artifact('/elsewhere/x')")[0].string == "/elsewhere/x")
    _ = try folder.write("file", "")
    state.context.outDirectory = folder.path + "/file"
    #expect(try #require(state.failure("wb.artifact('x')")).contains("is a file, not a folder"))
    state.context.outDirectory = ""
    #expect(try state.run("return wb.artifact('plain.txt')")[0].string == "plain.txt")
  }

  @Test func listingStopsBeforeWork() throws {
    let state = try ArrayState()
    state.context.isListing = true
    let folder = try ScratchFolder()
    state.context.outDirectory = folder.path + "/out"
    for work in ["wb.load('x.csv')", "wb.eye(2):save('x.npy')", "wb.plot{ {1, 2} }", "wb.artifact('x')"] {
      #expect(
        try #require(state.failure("wb.option('n', 1) \(work)")).contains("the script's options are known"))
    }
    #expect(state.context.options.map(\.name) == ["n"])
    #expect(folder.contents.isEmpty)
  }

  /// Every entry says what it is, and its example runs.
  @Test func entriesAreDocumented() throws {
    let folder = try ScratchFolder()
    let state = try ArrayState()
    state.context.outDirectory = folder.path
    let entries = state.entries.filter { $0.kind != .module && !$0.name.hasPrefix("other") }
    #expect(entries.count >= 60)
    for entry in entries {
      #expect(!entry.doc.isEmpty, "\(entry.name)")
      if entry.kind == .function { #expect(!entry.example.isEmpty, "\(entry.name)") }
      // The example of `wb.load` needs its file.
      guard !entry.example.isEmpty, entry.name != "wb.load" else { continue }
      let isStatement = state.failure("return load([==[\(entry.example)]==]) or error('no')") == nil
      let failure = state.failure((isStatement ? "" : "return ") + entry.example)
      #expect(failure == nil, "\(entry.name): \(failure ?? "")")
    }
    #expect(folder.contents == ["identity.csv", "notes.txt", "result.npz"])
  }
}
