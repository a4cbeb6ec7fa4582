import Testing

/// The commands and their options: what they write, and the exit code.
@Suite struct CommandTests {
  private static let options = """
    local a = wb.option("sigma", 0.2, "volatility")
    local n = wb.option("paths", 100)
    print(a, n)
    local s = wb.sde{ drift=function(x) return -x end, diffusion=function(x) return 1 end }
    wb.solve(s, {x0=1, steps=10})
    error("not reached by --help")
    """

  @Test func helpListsTheScriptsOptions() {
    let result = CommandLine.script(Self.options, ["--help"])
    #expect(result.code == 0 && result.errors == "", "\(result.errors)")
    #expect(result.output.contains("sigma  volatility (default 0.2)"), "\(result.output)")
    #expect(result.output.contains("paths  (default 100)"), "\(result.output)")
    #expect(!result.output.contains("0.2\t100"), "the script's own print is not for this")
  }

  @Test func setChangesOptions() {
    let source =
      "print(wb.option('sigma', 0.2), wb.option('n', 100), wb.option('on', false), wb.option('name', 'x'))"
    let set = CommandLine.script(
      source, ["--set", "sigma=1/4", "--set", "n=1e5", "--set", "on=yes", "--set", "name=a=b"])
    #expect(set.output == "0.25\t100000\ttrue\ta=b\n", "\(set.errors)")
    let unknown = CommandLine.script(source, ["--set", "sgima=3"])
    #expect(unknown.code == 1)
    #expect(unknown.errors.contains("no option 'sgima': did you mean 'sigma'?"), "\(unknown.errors)")
    let bad = CommandLine.script("\n" + source, ["--set", "sigma=abc"])
    #expect(bad.code == 1)
    #expect(bad.errors == "s.lua:2: option 'sigma': expected a number, got \"abc\" from --set\n")
  }

  @Test func seedOfTheRun() {
    let source = """
      local s = wb.sde{ drift=function(x) return -x end, diffusion=function(x) return 1 end }
      print(wb.solve(s, {x0=1, steps=10}).x[1][1])
      """
    let outputs = [["--seed", "7"], ["--seed", "7"], ["--seed", "8"]].map {
      CommandLine.script(source, $0).output
    }
    #expect(outputs[0] == outputs[1] && outputs[0] != outputs[2] && outputs[0].count > 5)
  }

  @Test(arguments: [
    ["run"], ["run", "s.lua", "--threads", "0"], ["run", "s.lua", "--threads", "-1"],
    ["run", "s.lua", "--seed", "-1"],
    ["run", "s.lua", "--seed", "x"], ["run", "s.lua", "--set", "sigma"], ["run", "s.lua", "--bogus"],
    ["run", "s.lua", "extra"], ["bogus"], ["check"],
  ])
  func wrongUsageExitsWith2(_ arguments: [String]) {
    let folder = Folder()
    folder.write("s.lua", "print('ran')")
    let result = CommandLine.run(arguments, in: folder)
    #expect(result.code == 2)
    #expect(result.output == "" && result.errors.contains("Usage"), "\(result.errors)")
  }

  @Test func scriptsThatCannotBeRead() {
    let folder = Folder()
    folder.makeFolder("folder")
    folder.write("binary.lua", [0x1B, 0x4C, 0x75, 0x61, 0x54])
    for (name, says) in [
      ("none.lua", "cannot open the script none.lua: No such file"), ("folder", "folder: Is a directory"),
      ("binary.lua", "binary.lua is compiled Lua"),
    ] {
      let result = CommandLine.run(["run", name], in: folder)
      #expect(
        result.code == 1 && result.errorLines.count == 1 && result.errors.contains(says), "\(result.errors)")
    }
  }

  /// First line for a shell, byte-order mark, CRLF, bytes that are no UTF-8, an empty file, spaces in the path.
  @Test func scriptsOfAllForms() {
    let folder = Folder()
    folder.write("shell.lua", "#!/usr/bin/env -S workbench run\nprint(debug.getinfo(1, 'l').currentline)")
    folder.write("mark.lua", [0xEF, 0xBB, 0xBF] + Array("print('ok')".utf8))
    folder.write("crlf.lua", "print('ok')\r\nerror('here')\r\n")
    folder.write(
      "latin.lua",
      Array("local s = '".utf8) + [0xE9, 0xFF] + Array("' print(#s, s:byte(1, -1)) io.write(s)".utf8))
    folder.write("empty.lua", "")
    folder.makeFolder("with space")
    folder.write("with space/main.lua", "print(require('part').x, require('workbench') == wb)")
    folder.write("with space/part.lua", "return {x = 42}")
    func output(_ name: String) -> String { CommandLine.run(["run", name], in: folder).output }
    #expect(output("shell.lua") == "2\n")
    #expect(output("mark.lua") == "ok\n")
    #expect(CommandLine.run(["run", "crlf.lua"], in: folder).errors == "crlf.lua:2: here\n")
    _ = output("latin.lua")
    #expect(folder.bytes(".stdout") == Array("2\t233\t255\n".utf8) + [0xE9, 0xFF])
    #expect(CommandLine.run(["run", "empty.lua"], in: folder).code == 0)
    #expect(output("with space/main.lua") == "42\ttrue\n")
  }

  @Test func exitCodesOfTheScript() {
    #expect(CommandLine.script("pcall(os.exit, 3)").code == 3)
    #expect(CommandLine.script("print('x') os.exit()").output == "x\n")
    #expect(CommandLine.script("os.exit(false)").code == 1)
    let large = CommandLine.script("os.exit(300)")
    #expect(large.code == 1 && large.errors.contains("from 0 to 255"), "\(large.errors)")
  }

  @Test func helpInScripts() {
    let result = CommandLine.script("help('wb.solve') help(wb.array{1}) help()")
    for part in ["Simulates paths", "memory_limit", "array:mean", "Solution"] {
      #expect(result.output.contains(part), "\(result.errors)\(result.output)")
    }
  }

  @Test func outputKeepsItsOrder() {
    let result = CommandLine.script(
      "print('a') io.write('b\\n') wb.log('c') io.stdout:write('d\\n') print('e')")
    #expect(result.output == "a\nb\nc\nd\ne\n")
  }

  /// The reader of a pipe may leave: no trap, no message.
  @Test func brokenPipe() {
    let folder = Folder()
    folder.write("s.lua", "for i = 1, 1e6 do print(i) end")
    let process = CommandLine.start(
      ["-c", "\"\(CommandLine.program)\" run s.lua | head -n 2"], in: folder.path,
      output: folder.path("out"), errors: folder.path("errors"), program: "/bin/sh")
    #expect(CommandLine.wait(process) == 0)
    #expect(folder.read("out") == "1\n2\n")
    #expect(folder.read("errors") == "")
  }

  @Test func checkShowsEverySDE() {
    let folder = Folder()
    folder.write(
      "good.lua",
      """
      local a = wb.sde{ name="A", params={k=wb.learnable(1)}, drift=function(x, t, p) return -p.k*x end,
        diffusion=function(x) return 1 end }
      local sol = wb.solve(a, {x0=1, steps=10, paths=100})
      print(string.format("%.3f %d %s", sol:mean(), sol.stats.steps, sol))
      assert(math.abs(sol:mean() - 1) < 1e-9, "not followed")
      if math.sqrt(sol:mean()) > 3 then error("not followed") end
      while sol:std() > 1e-3 do a = a:with{k=sol:mean()} end
      for i = 1, #sol.x do print(sol.x[i]) end
      local gap = wb.array{1, 2} - sol:mean()
      local rows = {} for i = 1, 3 do rows[i] = sol:quantile(i/4) end
      table.sort(rows)
      print(table.concat(rows, ","), wb.array(rows):mean(), tonumber(rows[1]))
      sol:save("a.npz") sol:plot{file="a.png"} wb.plot{ {sol.t, sol:mean()}, file="b.png" }
      wb.save("c.npz", {x=rows})
      local fit = wb.fit(a, sol.x, {dt=0.1})
      local scale = fit.params.k*2
      local b = wb.sde{ name="B", params={k=fit.params.k}, drift=function(x, t, p) return -p.k*x*scale end,
        diffusion=function(x) return {{x, 1}} end }
      """)
    folder.write(
      "bad.lua", "local s = wb.sde{ drift=function(x) return x.y end, diffusion=function(x) return 1 end }")
    let good = CommandLine.run(["check", "good.lua"], in: folder)
    #expect(good.code == 0 && good.errors == "", "\(good.errors)")
    for part in ["A: Ito SDE", "k = 1 (learnable)", "additive noise", "B: Ito SDE", "2 SDEs, no errors"] {
      #expect(good.output.contains(part), "\(good.output)")
    }
    #expect(!good.output.contains("followed up to"), "\(good.output)")
    for name in ["a.npz", "a.png", "b.png", "c.npz"] {
      #expect(folder.bytes(name).isEmpty, "\(name) was written")
    }
    let bad = CommandLine.run(["check", "bad.lua", "good.lua"], in: folder)
    #expect(bad.code == 1 && bad.errors.hasPrefix("bad.lua:1: "), "\(bad.errors)")
    #expect(bad.output.contains("2 SDEs, no errors"), "the others are checked all the same")
  }

  /// What another script writes is no error of this one, in a check; a file that is damaged is.
  @Test func checkNamesFilesThatAreNotThere() {
    let folder = Folder()
    folder.write(
      "use.lua",
      """
      local a = wb.sde{ name="A", drift=function(x) return -x end, diffusion=function(x) return 1 end }
      local net, known = wb.nn.load("model.safetensors"), wb.load("ladder.npz")
      print(net, known.sigmas * 2)
      local b = wb.sde{ name="B", drift=function(x) return net(x) end, diffusion=function(x) return 1 end }
      """)
    let check = CommandLine.run(["check", "use.lua"], in: folder)
    #expect(check.code == 0 && check.errors == "", "\(check.errors)")
    for part in [
      "model.safetensors is not there: what is read from it is not known here", "ladder.npz is not there",
      "A: Ito SDE", "no errors",
    ] {
      #expect(check.output.contains(part), "\(check.output)")
    }
    let run = CommandLine.run(["run", "use.lua"], in: folder)
    #expect(run.code == 1 && run.errors.contains("model.safetensors: no such file"), "\(run.errors)")
    folder.write("model.safetensors", "this is no net")
    let damaged = CommandLine.run(["check", "use.lua"], in: folder)
    #expect(damaged.code == 1 && damaged.errors.contains("model.safetensors"), "\(damaged.errors)")
  }

  @Test func checkEndsLoopsThatWaitForAResult() {
    let folder = Folder()
    folder.write(
      "s.lua",
      """
      local a = wb.sde{ name="A", drift=function(x) return -x end, diffusion=function(x) return 1 end }
      local x = 0
      while x < 10 do x = x + wb.solve(a, {x0=1, steps=10}):mean() end
      """)
    let result = CommandLine.run(["check", "s.lua"], in: folder)
    #expect(result.code == 0 && result.errors == "", "\(result.errors)")
    #expect(result.output.contains("followed up to line 3") && result.output.contains("1 SDE, no errors"))
  }

  /// A user's choice of kernels goes before ours.
  @Test func kernelsAsTheUserChose() {
    let result = CommandLine.run(["info"], in: Folder(), environment: ["OPENBLAS_CORETYPE": "Haswell"])
    // What this was built for, other machines may lack.
    guard result.output.contains("FMA          yes") else { return }
    #expect(result.output.contains("OpenBLAS     kernels for Haswell"), "\(result.output)")
  }

  @Test(arguments: ["wb.matmul({{1, 2}}, {1, 1})", "wb.array{{1, 2}, {3, 5}}:cov()"])
  func withoutOpenBLAS(product: String) {
    let folder = Folder()
    folder.write("libopenblas.so.0", "this is no library")
    folder.write("s.lua", "print(1 + 1)\nprint(\(product))")
    let result = CommandLine.run(["run", "s.lua"], in: folder, environment: ["LD_LIBRARY_PATH": "."])
    #expect(result.code == 1 && result.output.hasPrefix("2\n"), "\(result)")
    #expect(
      result.errors.contains(
        "OpenBLAS is not installed: apt-get install libopenblas0, or make install-dependencies")
        && result.errors.contains("s.lua:2"), "\(result)")
    let info = CommandLine.run(["info"], in: folder, environment: ["LD_LIBRARY_PATH": "."])
    #expect(info.code == 0 && info.output.contains("OpenBLAS     OpenBLAS is not installed"), "\(info)")
  }

  @Test func infoAndDocs() {
    let folder = Folder()
    let info = CommandLine.run(["info"], in: folder)
    #expect(info.code == 0)
    for part in [
      "workbench 0.", "vectors", "OpenBLAS     kernels for ", "processors", "methods      em, milstein",
    ] {
      #expect(info.output.contains(part))
    }
    let docs = CommandLine.run(["docs", "--out", "a/b"], in: folder)
    #expect(docs.code == 0, "\(docs.errors)")
    for name in ["wb.solve", "wb.fit", "Solution:mean", "stratonovich"] {
      #expect(folder.read("a/b/lua-api.md").contains(name))
    }
    #expect(folder.read("a/b/workbench.lua").contains("---@meta"))
    // The editor's file is Lua.
    #expect(CommandLine.run(["run", "a/b/workbench.lua"], in: folder).code == 0)
  }

  /// What is typed is not there: the prompt reads a pipe without prompts, and tells of errors by its code.
  @Test func promptReadsAPipe() {
    let folder = Folder()
    func run(_ input: String) -> CommandLine.Result {
      CommandLine.run(["repl"], in: folder, input: input, environment: ["XDG_STATE_HOME": folder.path])
    }
    let sum = run("x = 1\nlocal y = 2\nx + y\nfor i = 1, 2 do\nprint(i)\nend\n'ok';\n_")
    #expect(sum.code == 0)
    #expect(sum.output.hasSuffix("3\n1\n2\n\"ok\"\n"), "\(sum.output)")
    let failing = run("error('boo')\n1 + 1\n")
    #expect(failing.code == 1 && failing.output == "2\n" && failing.errors == "stdin:1: boo\n", "\(failing)")
    let unfinished = run("for i = 1, 2 do\n")
    #expect(
      unfinished.code == 1 && unfinished.errors.contains("ends within a statement"), "\(unfinished.errors)")
    #expect(run("os.exit(4)\nprint('no')").code == 4)
    let ended = run("os.exit()\nprint('no')")
    #expect(ended.code == 0 && ended.output == "")
  }
}
