import Testing

import LuaBridge

/// Whatever scripts pass, the answer is a value or an error, never the end of the process.
@Suite struct HostileArrayInputs {
  private static let values = """
    local values = {
      true, -1, 0, 1, 2, 1.5, 0/0, 1/0, -1/0, 1e300, -1e300, 5e-324, math.mininteger, math.maxinteger, 1 << 53, "", "x", "1",
      "\\0\\255", {}, {1}, {1, "x"}, {{}}, {{1}, {2, 3}}, {x = 1}, {axis = 1}, {bins = 1e300}, {range = {0, 0/0}}, {[1 << 60] = 1},
      print, coroutine.create(print), wb.zeros(0), wb.zeros(0, 3), wb.array{1, 0/0, 1/0}, wb.ones(2, 3), wb.ones(2, 1, 2), wb.array{1e308, 1e308},
    }
    local n = #values + 1  -- one more for nil
    """

  @Test(arguments: ["functions", "methods", "operators", "indices", "plots"])
  func neverTrap(_ what: String) throws {
    let state = try ArrayState()
    let folder = try ScratchFolder()
    state.context.outDirectory = folder.path
    let functions = state.entries.filter { $0.kind == .function && $0.name != "wb.plot" }.map {
      $0.name.dropFirst(3)
    }
    let methods = state.entries.filter { $0.kind == .method }.compactMap {
      $0.name.split(separator: ":").last
    }
    #expect(functions.count > 15)
    #expect(methods.count > 20)
    try state.lua.setGlobal("functions", functions.map(String.init))
    try state.lua.setGlobal("methods", methods.map(String.init))
    let body =
      switch what {
      case "functions":
        """
        for _, name in ipairs(functions) do
          for i = 1, n do for j = 1, n do
            try(wb[name], values[i], values[j])
            try(wb[name], values[i], values[j], values[(i * 7 + j * 3) % n + 1])
          end end
        end
        """
      case "methods":
        """
        for _, name in ipairs(methods) do
          for _, a in ipairs{wb.zeros(0), wb.zeros(0, 3), wb.ones(2, 3), wb.ones(2, 1, 2), wb.array{1, 0/0, 1/0}} do
            for i = 1, n do for j = 1, n, 3 do try(a[name], a, values[i], values[j]) end end
          end
          for i = 1, n do try(wb.ones(1)[name], values[i]) end
        end
        """
      case "operators":
        """
        local operators = {
          function(a, b) return a + b end, function(a, b) return a - b end, function(a, b) return a * b end,
          function(a, b) return a / b end, function(a, b) return a ^ b end, function(a, b) return a % b end,
          function(a, b) return a // b end, function(a, b) return a < b end, function(a, b) return a == b end,
          function(a) return -a end, function(a) return #a end, function(a) return tostring(a) end,
        }
        for _, operator in ipairs(operators) do
          for i = 1, n do for j = 1, n do try(operator, values[i], values[j]) end end
        end
        """
      case "indices":
        """
        for i = 1, n do for j = 1, n do
          try(function() return values[i][values[j]] end)
          try(function() values[i][values[j]] = 1 end)
        end end
        """
      default:
        """
        for _, kind in ipairs{"line", "scatter", "histogram", "heatmap", "band", "errorbars", "vectors", "paths", "fan"} do
          for i = 1, n do for j = i % 3 + 1, n, 3 do
            try(wb.plot, {{values[i], values[j], kind = kind}})
            try(wb.plot, {{values[i], values[j], values[(i + j) % n + 1], kind = kind, probabilities = {0.5}}})
          end end
        end
        for _, scale in ipairs{"linear", "log", "date"} do
          for _, range in ipairs{{0, 5e-324}, {1e-300, 1e299}, {-1e299, 1e299}, {1, 1 + 2^-52}, {-1e8, 1e8}, {0, 1e5}} do
            for i = 1, n do
              try(wb.plot, {{values[i], {1e-310, 1, 1e298}}, xscale = scale, yscale = scale})
              try(wb.plot, {{values[i], {-1e298, 0, 1e298}, kind = "paths"}, xscale = scale, yscale = scale, yrange = range})
              try(wb.plot, {{{0, 1, 2}, {-1e298, 0, 1e298}, {1e-310, 1, 1e298}, kind = "band"}, yscale = scale, xrange = range})
              try(wb.plot, {{{5e-324, 0, 1e-323}, {-1e298, 0, 1e298}}, xrange = range, yrange = range, xscale = scale})
            end
          end
        end
        for _, option in ipairs{"xrange", "yrange", "size", "color", "width", "opacity", "bins", "range", "annotations", "legend", "file", "label", "xscale"} do
          for i = 1, n do
            try(wb.plot, {{1, 2, 3}, [option] = values[i]})
            try(wb.plot, {{1, 2, 3}, kind = "histogram", [option] = values[i]})
          end
        end
        """
      }
    let result = try state.run(
      HostileArrayInputs.values + """

        local good, bad = 0, 0
        local function try(f, ...)
          local ok, message = pcall(f, ...)
          if ok then good = good + 1 else
            bad = bad + 1
            assert(type(message) == "string" and not message:find("internal error"), message)
          end
        end
        \(body)
        return good, bad
        """)
    // Both outcomes occur, or nothing was tried.
    #expect(try #require(result[0].int) > 20)
    #expect(try #require(result[1].int) > 500)
  }
}
