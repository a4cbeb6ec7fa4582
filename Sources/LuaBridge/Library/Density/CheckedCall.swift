import Kernels

/// Runs a body whose errors carry the name of the function that was called.
func checked<Value>(_ call: Arguments, _ body: () throws -> Value) throws -> Value {
  do {
    return try body()
  } catch let error as LawError {
    throw call.error("\(error)")
  } catch let error as ArrayError {
    throw call.error(error.scriptText)
  }
}
