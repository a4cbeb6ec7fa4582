import Testing

import LuaBridge

@Suite struct RuntimeLibrary {
  @Test func printGoesToTheSink() throws {
    let lua = try makeState()
    var text = ""
    lua.output = { text += $0 }
    try lua.run(
      "print(1, 1.5, nil, true, 'x', wb.vector{1, 2}, setmetatable({}, {__tostring = function() return 'T' end})) print()"
    )
    #expect(text == "1\t1.5\tnil\ttrue\tx\tVector of 2\tT\n\n")
  }

  @Test func operatorsPropertiesAndIndices() throws {
    try makeState().run(
      """
      local v = wb.vector{1, 2} + wb.vector{3, 4}
      assert(v[1] == 4 and v[2] == 6 and v[3] == nil and #v == 2 and v.size == 2)
      assert((1 + v):sum() == 12 and (v + 1):sum() == 12)
      assert(v == v and v ~= wb.vector{4, 6})
      local list = {v} assert(list[1] == v)
      """)
  }

  @Test func onlyTextIsLoaded() throws {
    let lua = try makeState()
    let binary = try lua.load("return 1", name: "=b").bytecode()
    #expect(binary.starts(with: [0x1b, 0x4c, 0x75, 0x61]))
    try lua.setGlobal("binary", LuaBytes(binary))
    try lua.run(
      """
      for _, mode in ipairs{'b', 't', 'bt'} do
        local f, e = load(binary, 'x', mode)
        assert(f == nil and e:find('attempt to load a binary chunk'), e)
      end
      assert(load('return 1')() == 1)
      assert(load('return x', 'c', 't', {x = 5})() == 5)
      local parts = {'return ', '7'}
      assert(load(function() return table.remove(parts, 1) end)() == 7)
      assert(select('#', load('x =')) == 2)
      """)
    #expect(throws: LuaError.self) { try lua.run(String(decoding: binary, as: UTF8.self)) }
  }

  @Test func requireFindsPreloadedModules() throws {
    let lua = try makeState()
    try lua.preload("workbench", try lua.global("wb"))
    try lua.run("assert(require 'workbench' == wb)")
    let error = try #require(failure(lua, "require 'no_such_module'"))
    #expect(error.message.contains("module 'no_such_module' not found"))
  }

  @Test func coroutinesBehave() throws {
    try makeState().run(
      """
      local co = coroutine.create(function(a, b) local c = coroutine.yield(a + b) error({code = c}) end)
      local ok, sum = coroutine.resume(co, 1, 2) assert(ok and sum == 3)
      local ok, e = coroutine.resume(co, 9) assert(not ok and e.code == 9)
      assert(select(2, coroutine.resume(co)) == 'cannot resume dead coroutine')
      assert(coroutine.close(co) == false or true)
      local wrap = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
      assert(wrap() == 1 and wrap() == 2 and wrap() == 3 and wrap() == nil)
      local ok, e = pcall(wrap) assert(not ok and e:find('dead coroutine'))
      local bad = coroutine.wrap(function() local x <close> = setmetatable({}, {__close = function() closed = true end}) error('inside') end)
      local ok, e = pcall(bad) assert(not ok and e:find('inside') and closed)
      local self = coroutine.running() local ok, e = coroutine.resume(self) assert(not ok and e:find('non%-suspended'))
      assert(not pcall(coroutine.close, self))
      local s = coroutine.create(function() local x <close> = setmetatable({}, {__close = function() closed = 2 end}) coroutine.yield() end)
      coroutine.resume(s) assert(coroutine.close(s) and closed == 2 and coroutine.status(s) == 'dead')
      local function gen(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end) end
      local t = 0 for i in gen(100) do t = t + i end assert(t == 5050)
      local ok, a, b = xpcall(function(...) return ... end, print, 1, 2) assert(ok and a == 1 and b == 2)
      local ok, m = xpcall(error, function(e) return e .. '!' end, 'x') assert(not ok and m == 'x!')
      local y = coroutine.wrap(function() return xpcall(function() coroutine.yield(1) return 2 end, print) end)
      assert(y() == 1) local ok, two = y() assert(ok and two == 2)
      """)
  }

  @Test func patternsFollowTheManual() throws {
    try makeState().run(
      """
      local function eq(a, b) assert(a == b, tostring(a) .. ' ~= ' .. tostring(b)) end
      local function all(...) local t = {...} for i = 1, select('#', ...) do t[i] = tostring(t[i]) end return table.concat(t, ',') end
      eq(all(('hello world'):find('wor')), '7,9') eq(all(('hello'):find('l+')), '3,4') eq(all(('a.b'):find('.', 1, true)), '2,2')
      eq(all(('hello'):find('')), '1,0') eq(all(('hello'):find('', 10)), 'nil') eq(all(('hello'):find('', 6)), '6,5')
      eq(all(('key = value'):match('^(%w+)%s*=%s*(%w+)$')), 'key,value') eq(all(('  x '):match('^%s*(.-)%s*$')), 'x')
      eq(all(('2026-01-31'):match('(%d+)-(%d+)-(%d+)')), '2026,01,31') eq(all(('abc'):match('()b()')), '2,3')
      eq(all(('f(a(b)c)d'):match('%b()')), '(a(b)c)') eq(all(('THE (quick) fox'):find('%((%a+)%)')), '5,11,quick')
      eq(all(('hello hello'):match('(h%a+) %1')), 'hello') eq(all(('x"q"'):match('(["\\'])(.-)%1')), '",q')
      eq(all(('THE quick'):gsub('%f[%a]%a+', string.lower)), 'the quick,2') eq(all(('abc'):gsub('', '-')), '-a-b-c-,4')
      eq(all(('abc'):gsub('%w', '%0%0', 2)), 'aabbc,2') eq(all(('hello world'):gsub('o', {o = '0'})), 'hell0 w0rld,2')
      eq(all(('abc'):gsub('b', function() end)), 'abc,1') eq(all(('a,b,,c'):gsub(',', ';')), 'a;b;;c,3')
      eq(all(('x^y'):gsub('%^', '%%')), 'x%y,1') eq(all(('abc'):gsub('(a)(b)', '%2%1')), 'bac,1') eq(all(('ab'):gsub('()', '%1')), '1a2b3,3')
      local t = {} for k, v in ('a=1, b=2'):gmatch('(%w+)=(%w+)') do t[#t + 1] = k .. v end eq(table.concat(t, ' '), 'a1 b2')
      t = {} for w in ('one two'):gmatch('%a+') do t[#t + 1] = w end eq(table.concat(t, '|'), 'one|two')
      t = {} for p in ('abc'):gmatch('()') do t[#t + 1] = p end eq(table.concat(t, ''), '1234')
      eq(all(('[]]'):find('[]]')), '2,2') eq(all(('a-z'):match('[a%-z]+')), 'a-z') eq(all(('x9'):match('[^%d]')), 'x')
      eq(all(('a\\0b'):find('%z')), 'nil') eq(all(('a\\0b'):find('\\0')), '2,2') eq(all(('a\\0b+'):find('b+', 1, true)), '3,4')
      eq(all(('abc'):find('b', -1)), 'nil') eq(all(('abc'):find('b', -2)), '2,2') eq(all(('abc'):match('.-(c?)$')), 'c')
      eq(all(('abcabc'):match('^abc')), 'abc') eq(all(('xabc'):match('^abc')), 'nil') eq(all(('aaa'):gsub('^a', 'b')), 'baa,1')
      eq(all(('A1_'):match('%u%d%p')), 'A1_') eq(all(('é'):match('%W+')), 'é') eq(all(('  '):match('%S')), 'nil')
      for _, bad in ipairs{'%', '[a', '(a', 'a)', '%b', '%bx', '%f', '%1', '[%'} do
        assert(not pcall(string.match, 'aaa', bad), bad) assert(not pcall(string.gsub, 'aaa', bad, '%1'), bad)
      end
      assert(not pcall(string.gsub, 'a', 'a', '%2')) assert(not pcall(string.gsub, 'a', 'a', '%x'))
      assert(not pcall(string.gsub, 'a', 'a', function() return {} end)) assert(not pcall(string.rep, 'a', -1) == false)
      assert(select(2, pcall(string.find, 'a', ('()'):rep(40))):find('too many captures'))
      assert(select(2, pcall(string.find, ('a'):rep(300), ('a?'):rep(300) .. 'b')):find('too complex'))
      eq(string.rep('', 1 << 60), '') eq(('ab'):rep(2, '-'), 'ab-ab') eq(table.concat(table.move({1, 2, 3}, 2, 3, 1), ','), '2,3,3')
      assert(not pcall(table.move, {}, 1, 1 << 60, 2))
      """)
  }

  @Test func debugDescribesAndNoMore() throws {
    try makeState().run(
      """
      local function f(a, b, ...) return debug.getinfo(1) end
      local i = f()
      assert(i.short_src == 'script' and i.currentline == 1 and i.nparams == 2 and i.isvararg and i.func == nil)
      assert(debug.getinfo(f).linedefined == 1 and debug.getinfo(print).what == 'C' and debug.getinfo(1000) == nil)
      assert(not pcall(debug.getinfo, 0/0) and debug.traceback('x'):find('stack traceback'))
      local names = {} for k in pairs(debug) do names[#names + 1] = k end
      assert(#names == 2)
      """)
  }

  @Test func functionsCanBeLookedInto() throws {
    let lua = try makeState()
    let source = "local a, b = 1.5, {2}\nreturn function(x, y)\n  return a + b[1] + x\nend"
    let function = try #require(try lua.run(source, name: "@f.lua")[0].function)
    let definition = try #require(try function.definition())
    #expect(definition.position.description == "f.lua:2" && definition.lastLine == 4)
    #expect(try function.upvalues().map(\.name) == ["a", "b"])
    #expect(try function.upvalues()[0].value.double == 1.5)
    #expect(try function.parameters().count == 2)
    #expect(try function.setUpvalue(1, 10))
    #expect(try function.call(1)[0].double == 13)
    var out = [0.0]
    #expect(try function.call(numbers: [2, 0], results: &out))
    #expect(out == [14])
    #expect(try function.bytecode().count > 50)
    let swift = try #require(try lua.run("return wb.vector")[0].function)
    #expect(try swift.definition() == nil)
    #expect(try swift.upvalues().isEmpty)
    #expect(try swift.setUpvalue(1, 1) == false)
    #expect(throws: LuaError.self) { try swift.bytecode() }
    #expect(try swift.entry()?.name == "wb.vector")
  }

  @Test func positionsOfTheCaller() throws {
    let lua = try makeState()
    var seen: [SourcePosition?] = []
    let here = try lua.makeFunction("here") {
      seen.append($0.lua.currentPosition); return .nothing
    }
    try lua.setGlobal("here", here)
    try lua.run(
      "here()\n\npcall(here)\nwb.map(here)\ncoroutine.wrap(function()\n here() end)()", name: "@p.lua")
    try lua.run("here()", name: "@q.lua")
    #expect(seen.map { $0?.description } == ["p.lua:1", "p.lua:3", "p.lua:4", "p.lua:6", "q.lua:1"])
    #expect(lua.currentPosition == nil)
  }

  @Test func standardFunctionsCanBeOverloaded() throws {
    let lua = try makeState()
    try lua.overload("math", "sin") { original in
      let original = original.function
      return try lua.makeFunction("math.sin") { arguments in
        if let vector = arguments.objectIfPresent(1, Vector.self) { return vector.values.count }
        return LuaResults(all: try original?.call(with: try arguments.all()) ?? [])
      }
    }
    try lua.run("assert(math.sin(0) == 0.0 and math.sin(wb.vector{1, 2, 3}) == 3)")
  }

  @Test func helpSpeaksOfEverything() throws {
    let lua = try makeState()
    try lua.installHelp()
    var text = ""
    lua.output = { text += $0 }
    func help(_ source: String) throws -> String {
      text = ""
      try lua.run("help(\(source))")
      return text
    }
    let solve = try help("'wb.solve'")
    for part in [
      "wb.solve(sde, options) → Vector", "steps: integer", "number of steps (default 100)", "(required)",
      "Returns the solution",
    ] {
      #expect(solve.contains(part), "\(part)")
    }
    #expect(try help("wb.solve") == solve)
    #expect(try help("wb").contains("wb.vector(values)"))
    #expect(try help("wb.vector{1}").contains("Vector:sum() → number"))
    #expect(try help("'Vector:sum'").contains("The sum."))
    #expect(try help("'sum'").contains("The sum."))
    #expect(try help("'slove'").contains("did you mean 'solve'?"))
    #expect(try help("'wb.slove'").contains("did you mean 'wb.solve'?"))
    #expect(try help("").contains("Stream"))
    #expect(try help("function() end").contains("script:1"))
    #expect(try help("print").contains("function"))
    for value in ["1", "true", "{}", "io.stdout", "coroutine.create(print)", "0/0"] { _ = try help(value) }
    #expect(lua.library.completions("wb.s") == ["wb.solve", "wb.stream"])
    #expect(lua.library.completions(ofType: "Vector", separator: ":", prefix: "s") == ["scaled", "sum"])
    #expect(lua.library.completions(ofType: "Vector", separator: ".", prefix: "si") == ["size"])
  }

  @Test func generatedDocuments() throws {
    let library = sampleLibrary(Lifetimes())
    let markdown = library.referenceMarkdown()
    for part in [
      "## `wb`", "### `wb.solve`", "| `x0` | number \\| list | required | where it starts |",
      "| `steps` | integer | `100` | number of steps |", "## Vector", "| `size: integer` | Its length. |",
      "### `Vector:sum`", "| `v + w` | Sum. |",
    ] { #expect(markdown.contains(part), "\(part)") }
    let meta = library.metaFile()
    for part in [
      "---@meta workbench", "---@class Vector", "---@field size integer Its length.",
      "---@operator len: integer",
      "---@class wb.solve.options", "---@field steps? integer number of steps (default 100)",
      "---@field x0 number|table where it starts (required)", "---@param options wb.solve.options",
      "---@param sde Vector the equation", "---@return Vector", "function wb.solve(sde, options) end",
      "function Vector:sum() end", "function wb.map(f, ...) end",
    ] { #expect(meta.contains(part), "\(part) in\n\(meta)") }
    // It is Lua.
    _ = try LuaState().load(meta, name: "=meta")
  }
}
