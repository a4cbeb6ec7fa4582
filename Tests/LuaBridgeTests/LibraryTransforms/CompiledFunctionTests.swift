import LuaBridge
import Testing

/// What wb.trace gives is called with a seed for the random numbers in it.
@Suite("wb.trace") struct CompiledFunctionTests {
  @Test("takes a seed; each row has its own numbers, those of wb.normal_like") func seeds() throws {
    let session = try ScriptSession()
    session.context.seed = 5
    _ = try session.lua.run(
      """
      local f = wb.trace(function(x) return x + wb.normal_like(x) end, {inputs = 2})
      local x = wb.zeros(100, 2)
      assert(f(x, {seed = 7}) == f(x, {seed = 7}) and not (f(x, {seed = 7}) == f(x, {seed = 8})))
      assert(f(x) == f(x, {seed = 5}), "the default is not the run's seed")
      assert(f(x, {seed = 7}) == wb.normal_like(x, {seed = 7}))
      assert(f(x, {seed = 7})[1] == f({0, 0}, {seed = 7}) and not (f(x)[1] == f(x)[2]))
      local ok, text = pcall(f, x, {sead = 1})
      assert(not ok and tostring(text):find("did you mean 'seed'"), tostring(text))
      ok, text = pcall(f, x, 3)
      assert(not ok and tostring(text):find("table"), tostring(text))
      """, name: "=t.lua")
  }
}
