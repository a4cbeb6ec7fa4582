import Kernels

/// Reads printed formulas back and computes them: Lua's grammar of expressions, `if c then a else b`, and
/// names with an index.
struct FormulaReader {
  private var text: [Character]
  private var position = 0
  private let names: [String: Double]

  /// The outputs (`name` or `name[row]`) of a printed Program.
  static func evaluate(_ description: String, _ inputs: [String: Double]) -> [String: Double]? {
    var names = inputs
    for line in description.split(separator: "\n") {
      guard let equals = line.firstRange(of: " = ") else { return nil }
      var reader = FormulaReader(text: Array(line[equals.upperBound...]), names: names)
      guard let value = reader.choice(), reader.position == reader.text.count else { return nil }
      names[String(line[..<equals.lowerBound])] = value
    }
    return names
  }

  private init(text: [Character], names: [String: Double]) {
    self.text = text
    self.names = names
  }

  private mutating func take(_ token: String) -> Bool {
    let characters = Array(token)
    guard position + characters.count <= text.count,
      Array(text[position..<position + characters.count]) == characters
    else { return false }
    position += characters.count
    return true
  }

  private mutating func choice() -> Double? {
    guard take("if ") else { return comparison() }
    guard let condition = comparison(), take(" then "), let a = comparison(), take(" else "), let b = choice()
    else { return nil }
    return condition != 0 ? a : b
  }

  private mutating func comparison() -> Double? {
    guard let a = sum() else { return nil }
    for (symbol, comparison) in [(" <= ", Comparison.lessOrEqual), (" < ", .less), (" == ", .equal)]
    where take(symbol) {
      return sum().map { Double.evaluate(comparison, a, $0) }
    }
    return a
  }

  private mutating func sum() -> Double? {
    guard var value = product() else { return nil }
    while true {
      if take(" + ") {
        guard let next = product() else { return nil }
        value += next
      } else if take(" - ") {
        guard let next = product() else { return nil }
        value -= next
      } else {
        return value
      }
    }
  }

  private mutating func product() -> Double? {
    guard var value = unary() else { return nil }
    while true {
      let function: BinaryFunction
      if take(" // ") {
        function = .floorDivide
      } else if take(" % ") {
        function = .modulo
      } else if take("*") {
        function = .multiply
      } else if take("/") {
        function = .divide
      } else {
        return value
      }
      guard let next = unary() else { return nil }
      value = Double.evaluate(function, value, next)
    }
  }

  private mutating func unary() -> Double? { take("-") ? unary().map { -$0 } : power() }

  private mutating func power() -> Double? {
    guard let base = atom() else { return nil }
    guard take("^") else { return base }
    return unary().map { Double.evaluate(.power, base, $0) }
  }

  private mutating func atom() -> Double? {
    if take("(") {
      guard let value = choice(), take(")") else { return nil }
      return value
    }
    let start = position
    if text[position].isNumber {
      while position < text.count,
        text[position].isNumber || ".e".contains(text[position])
          || ("+-".contains(text[position]) && text[position - 1] == "e")
      {
        position += 1
      }
      return Double(String(text[start..<position]))
    }
    while position < text.count,
      text[position].isLetter || text[position].isNumber || ".[]#".contains(text[position])
    {
      position += 1
    }
    let name = String(text[start..<position])
    if name == "nan" { return .nan }
    if name == "inf" { return .infinity }
    guard take("(") else { return names[name] }
    var arguments: [Double] = []
    repeat {
      guard let value = choice() else { return nil }
      arguments.append(value)
    } while take(", ")
    guard take(")") else { return nil }
    if arguments.count == 1 {
      return UnaryFunction.allCases.first { $0.name == name }.map { Double.evaluate($0, arguments[0]) }
    }
    return BinaryFunction.allCases.first { $0.name == name }.map {
      Double.evaluate($0, arguments[0], arguments[1])
    }
  }
}
