import LuaBridge

/// The numbers that a chunk returns: of a number, a list or an array.
func numbers(_ session: ScriptSession, _ source: String) throws -> [Double] {
  guard let value = try session.lua.run(source, name: "@test.lua").first else { return [] }
  return try ArrayReading.array(value)?.values ?? []
}

/// The message with which a chunk fails in a session of its own; nil if it does not.
func failure(_ source: String) throws -> String? {
  let session = try ScriptSession()
  do {
    _ = try session.lua.run(source, name: "@test.lua")
    return nil
  } catch { return "\(error)" }
}
