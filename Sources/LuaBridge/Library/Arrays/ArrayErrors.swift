import Arrays

extension ArrayError {
  /// The error as a script's author counts: from 1.
  var scriptText: String {
    switch self {
    case .indexOutOfRange(let index, let axis, let extent):
      "index \(index + 1) is out of range: axis \(axis + 1) has \(extent) elements"
    case .rangeOutOfRange(let range, let axis, let extent):
      "\(range.lowerBound + 1) to \(range.upperBound) is out of range: axis \(axis + 1) has \(extent) elements"
    case .axisOutOfRange(let axis, let shape):
      "axis \(axis + 1) is out of range: an array of shape \(shapeText(shape)) has \(shape.count)"
        + (shape.count == 1 ? " axis" : " axes")
    case .unknownColumn(let name, let available?):
      "no column \"\(name)\""
        + (nearestName(to: name, in: available).map { ": did you mean \"\($0)\"?" }
          ?? ": the columns are " + available.map { "\"\($0)\"" }.joined(separator: ", "))
    case .invalidShape, .tooLarge, .shapeMismatch, .elementCount, .indexCount, .wrongRank, .empty,
      .unknownColumn,
      .columnNames, .ragged, .invalidArgument, .unavailable:
      description
    }
  }
}

typealias FunctionBody = (Arguments) throws -> any LuaConvertible

/// A function whose array errors name it and count from 1.
func counting(_ body: @escaping FunctionBody) -> FunctionBody {
  { arguments in
    do {
      return try body(arguments)
    } catch let error as ArrayError {
      throw arguments.error(error.scriptText)
    }
  }
}

extension Module {
  /// `function`, with array errors that name it and count from 1.
  func arrayFunction(
    _ key: String, _ signature: String, _ doc: String, parameters: [ParameterSpec] = [],
    options: [OptionSpec] = [], returns: String = "", example: String = "", _ body: @escaping FunctionBody
  ) {
    function(
      key, signature, doc, parameters: parameters, options: options, returns: returns, example: example,
      counting(body))
  }
}

extension ObjectType where Object == ArrayObject {
  /// `method`, with array errors that name it and count from 1.
  func arrayMethod(
    _ key: String, _ signature: String, _ doc: String, parameters: [ParameterSpec] = [],
    options: [OptionSpec] = [], returns: String = "", example: String = "",
    _ body: @escaping (ArrayObject, Arguments) throws -> any LuaConvertible
  ) {
    method(
      key, signature, doc, parameters: parameters, options: options, returns: returns, example: example
    ) { box, arguments in
      do {
        return try body(box, arguments)
      } catch let error as ArrayError {
        throw arguments.error(error.scriptText)
      }
    }
  }
}
