import Testing

import LuaBridge

@Suite struct RuntimeTorture {
  /// Uses every way by which Swift pushes into Lua and Lua calls Swift.
  static let script = """
    for i = 1, 3 do
      local list = { wb.vector{1, 2, 3}, wb.stream(), ('long string number ' .. i):rep(3) }
      local a = wb.map(function(x)
        local s <close> = wb.stream()
        local v = wb.vector{x, 2} + 1
        return v:sum() + #v + v[1] + v.size + v:scaled(2):sum()
      end, i)
      local r = wb.solve(list[1], {x0 = {1, 2}, steps = 1e2, adaptive = {rtol = 0.1}})
      assert(r.steps == 100 and tostring(list[1]) == 'Vector of 3')
      local ok, e = pcall(wb.integrate)
      local co = coroutine.wrap(function() coroutine.yield(wb.vector{i}) error({}) end)
      co() pcall(co)
      assert(load('return wb.vector{1}:sum()'))()
      local s = ('abc'):gsub('%w', function(c) return c:upper() end):find('B', 1)
    end
    """

  @Test(arguments: [1, 2, UInt64.max])
  func everyAllocationFails(inARow: UInt64) throws {
    let lifetimes = Lifetimes()
    var (memory, passed, beyond) = (0, 0, 0)
    var first: UInt64 = 1
    while beyond < 3, first < 20_000 {
      do {
        let lua = try makeState(lifetimes)
        let start = lua.allocationCount
        lua.failAllocations(first: first, count: inARow)
        do {
          try lua.run(Self.script, name: "@oom.lua")
          passed += 1
          if lua.allocationCount < start + first { beyond += 1 }
        } catch let error as LuaError {
          #expect(error.kind == .memory, "allocation \(first): \(error)")
          memory += 1
        }
        lua.failAllocations(first: 0, count: 0)
        #expect(try lua.run("return wb.vector{1, 2}:sum()")[0].double == 3)
      }
      #expect(lifetimes.count == 0, "after allocation \(first)")
      first += 1
    }
    #expect(beyond == 3)
    #expect(first > 300)
    // One failure alone is answered by Lua with an emergency collection.
    if inARow > 1 { #expect(memory > 100) } else { #expect(memory < 10) }
  }

  @Test func everyCap() throws {
    let lifetimes = Lifetimes()
    var (memory, passed) = (0, 0)
    var limit = 0
    while passed < 3 {
      do {
        let lua = try makeState(lifetimes)
        if limit == 0 { limit = lua.memoryUsed }
        lua.memoryLimit = limit
        do {
          try lua.run(
            "local keep = {} for i = 1, 40 do keep[i] = {wb.vector{i}, ('x'):rep(100) .. i} \(Self.script) end",
            name: "@cap.lua")
          passed += 1
        } catch let error as LuaError {
          #expect(error.kind == .memory, "limit \(limit): \(error)")
          memory += 1
        }
      }
      #expect(lifetimes.count == 0)
      limit += 64
    }
    #expect(memory > 50)
  }

  @Test func failuresWhileTheStateIsMade() throws {
    let lifetimes = Lifetimes()
    var memory = 0
    for first in 1..<2000 {
      do {
        let lua = try LuaState()
        lua.failAllocations(first: UInt64(first), count: .max)
        do { try lua.install(sampleLibrary(lifetimes)) } catch let error as LuaError {
          #expect(error.kind == .memory)
          memory += 1
        }
        if lua.allocationCount < UInt64(first) { break }
      }
      #expect(lifetimes.count == 0)
    }
    #expect(memory > 30)
  }

  @Test(arguments: [
    "return ('x'):rep(1e9)", "local t = {} for i = 1, 1e9 do t[i] = i end",
    "local s = 'x' while true do s = s .. s end",
  ])
  func aCapIsAnErrorTheScriptCanCatch(_ source: String) throws {
    let lua = try makeState(memoryLimit: 32 << 20)
    let error = try #require(failure(lua, source))
    #expect(error.kind == .memory)
    try lua.run("assert(not pcall(function() \(source) end))")
    #expect(try lua.run("return #wb.vector{1}")[0].int == 1)
  }

  @Test func objectsLiveAsLongAsTheirState() throws {
    let lifetimes = Lifetimes()
    do {
      let lua = try makeState(lifetimes)
      try lua.run("keep = {} for i = 1, 100 do keep[i] = wb.vector{i} end")
      #expect(lifetimes.count == 100)
      try lua.run("keep = nil")
      lua.collectGarbage()
      #expect(lifetimes.count == 0)
      try lua.run("keep = wb.vector{1}; keep2 = function() return keep end")
      let keep = try lua.global("keep")
      #expect(keep.object(Vector.self) != nil)
    }
    #expect(lifetimes.count == 0)
  }
}
