import LuaBridge
import Testing

// The example of docs/bridge.md.
private final class Walk: LuaObject {  // the Swift class behind a type of the scripts
  let name: String
  let values: [Double]
  init(name: String, values: [Double]) { self.name = name; self.values = values }
}

private func walkLibrary() -> Library {
  let wb = Module("wb", "Workbench.")
  wb.function(
    "walk", "walk(start, options) → Walk", "A straight walk from a point.",
    parameters: [.init("start", "number", "where it begins")],
    options: [
      .required("step", "number", "what each step adds"),
      .optional("steps", "integer", default: "100", "number of steps"),
      .optional("kind", "\"plain\"|\"wild\"", default: "\"plain\"", "how it walks"),
      .optional("observe", "function", "called with each value"),
    ],
    returns: "the walk", example: "print(wb.walk(1, {step = 0.5}))"
  ) { arguments in
    let start = try arguments.number(1)  // "wb.walk: expected a number as argument 1, got nil"
    let options = try arguments.options(2)  // "unknown option 'stpes' of wb.walk: did you mean 'steps'?"
    let step = try options.get("step", .finite)
    let steps = try options.get("steps", .integer(in: 1...1_000_000), default: 100)
    let kind = try options.get("kind", .oneOf(["plain", "wild"]), default: "plain")
    let observe = try options.optional("observe", .function)
    var values: [Double] = []
    for i in 0...steps {
      try arguments.lua.checkCancelled()  // a native loop polls the flag
      values.append(start + Double(i) * step)
      try observe?.call(values[i])
    }
    return Walk(name: kind, values: values)
  }

  let walk = ObjectType("Walk", Walk.self, "The values of a walk.")
  walk.property("name", "string", "Its kind.") { $0.name }
  walk.method("mean", "mean() → number", "The mean of the values.") { walk, _ in
    walk.values.reduce(0, +) / Double(walk.values.count)
  }
  walk.indexed { walk, key, _ in  // walk[i]; nil: there is no such field
    key.int.map { walk.values.indices.contains($0 - 1) ? LuaValue.number(walk.values[$0 - 1]) : .nil }
  }
  walk.metamethod(.len, "#walk", "The number of values.") { try $0.object(1, Walk.self).values.count }
  walk.metamethod(.add, "walk + number", "Shifts it.") { arguments in
    let walk = try arguments.object(1, Walk.self)
    let shift = try arguments.number(2)
    return Walk(name: walk.name, values: walk.values.map { $0 + shift })
  }
  walk.described { "Walk of \($0.values.count) values" }  // print(walk)
  walk.closing()  // only for what is worth closing: local w <close> = …

  var library = Library()
  library.add(wb)
  library.add(walk)
  return library
}

@Suite struct RuntimeExample {
  @Test func theDocumentedExampleWorks() throws {
    var text = ""
    let lua = try LuaState(memoryLimit: 2 << 30)
    try lua.install(walkLibrary())
    try lua.preload("workbench", try lua.global("wb"))
    lua.output = { text += $0 }
    try lua.run("print(wb.walk(1, {step = 0.5}) + 1)", name: "@script.lua")
    #expect(text == "Walk of 101 values\n")
    try lua.run(
      """
      local seen = {}
      local w = wb.walk(1, {step = 0.5, steps = 2, kind = 'wild', observe = function(x) seen[#seen + 1] = x end})
      assert(w[1] == 1 and w[3] == 2 and w[4] == nil and #w == 3 and w:mean() == 1.5 and w.name == 'wild')
      assert(#seen == 3 and (w + 1):mean() == 2.5)
      """)
    let error = try #require(failure(lua, "wb.walk(1, {step = 1, stpes = 3})"))
    #expect(error.message == "test.lua:1: unknown option 'stpes' of wb.walk: did you mean 'steps'?")
  }
}
