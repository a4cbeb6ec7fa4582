extension Library {
  /// Arrays: their type, and their functions in `wb`.
  ///
  /// - Parameters:
  ///   - wb: the module that the functions are added to.
  ///   - context: where files go.
  ///   - hooks: what the tracer adds.
  package mutating func addArrays(to wb: Module, context: RunContext, hooks: ArrayHooks) {
    wb.defineArrayConstructors()
    wb.defineArrayCombinations(hooks)
    wb.defineArrayFiles(context)
    add(arrayType(context, hooks))
  }
}
