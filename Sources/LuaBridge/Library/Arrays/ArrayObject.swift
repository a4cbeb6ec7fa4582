import Arrays

/// What scripts hold as an "array".
///
/// Its elements never change: every operation makes a new array, so that a trace that captured one stays valid.
package final class ArrayObject: LuaObject {
  package let array: NDArray
  /// The 0-based columns that hold days since 1970-01-01 because they were read as dates.
  package let dateColumns: [Int]

  package init(_ array: NDArray, dateColumns: [Int] = []) {
    self.array = array
    self.dateColumns = dateColumns
  }
}

/// An array without axes arrives in the script as a number, any other as an array.
extension NDArray: LuaConvertible {
  package func push(onto lua: LuaState) throws {
    if rank == 0 { try values[0].push(onto: lua) } else { try lua.pushObject(ArrayObject(self)) }
  }
}

extension LuaValue {
  /// The array, if the value is an array object.
  package var array: NDArray? {
    if case .object(let object) = self { (object as? ArrayObject)?.array } else { nil }
  }
}

/// What other layers add to arrays; the tracer sets it.
package final class ArrayHooks {
  /// Computes an operator between an array and an object that is none, such as a traced value; `nil` if that
  /// cannot be, which is then an error.
  package var foreignOperator:
    ((_ operation: Metamethod, _ operands: [LuaValue]) throws -> (any LuaConvertible)?)?

  /// `wb.matmul(a, b)` of traced values; `nil` for other operands.
  package var product: ((_ a: LuaValue, _ b: LuaValue) throws -> (any LuaConvertible)?)?

  /// `array:map(f)`: applies a scripted function to every element. Without it the function is called once for
  /// each.
  package var map: ((_ function: LuaFunction, _ array: NDArray, _ lua: LuaState) throws -> NDArray)?

  package init() {}
}
