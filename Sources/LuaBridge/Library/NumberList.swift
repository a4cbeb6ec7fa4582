import Kernels

/// The numbers of a number, a list or a one-dimensional array; nil for anything else.
func numberList(_ value: LuaValue) throws -> [Double]? {
  guard let array = try Reading<NDArray>.vector.read(value) else { return nil }
  return array.values
}
