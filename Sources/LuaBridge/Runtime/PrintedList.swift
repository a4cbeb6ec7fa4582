/// A list as a new table that prints as one: `{1797, 64}`. Else it is a plain table.
package struct PrintedList<Element: LuaConvertible>: LuaConvertible {
  package var elements: [Element]

  package init(_ elements: [Element]) { self.elements = elements }

  package func push(onto lua: LuaState) throws {
    let list = try lua.reading { try elements.push(onto: lua) }
    try (try lua.listPrinter.call(list).first ?? list).push(onto: lua)
  }
}

extension LuaState {
  /// Gives a list the metatable that prints it; one metatable for all lists of a state.
  fileprivate var listPrinter: LuaFunction {
    get throws {
      if let known = knownListPrinter { return known }
      let made = try load(Self.listPrinterSource, name: "=list").call().first?.function
      guard let made else { throw LuaError("internal error: nothing prints lists") }
      knownListPrinter = made
      return made
    }
  }

  private static let listPrinterSource = """
    local setmetatable, concat, format, tostring, type = setmetatable, table.concat, string.format, tostring, type
    local printed = {
      __tostring = function(list)
        local parts = {}
        for i = 1, #list do
          parts[i] = type(list[i]) == "string" and format("%q", list[i]) or tostring(list[i])
        end
        return "{" .. concat(parts, ", ") .. "}"
      end,
    }
    return function(list) return setmetatable(list, printed) end
    """
}
