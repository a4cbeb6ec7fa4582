/// The option t: {start, end}, or the end of a span from 0; {0, 1} if absent.
func timeSpan(_ given: Options) throws -> (start: Double, end: Double) {
  var (start, end) = (0.0, 1.0)
  if let number = given["t"].double {
    end = number
  } else if given.has("t") {
    guard let span = try numberList(given["t"]), span.count == 2 else {
      throw given.mismatch("t", "{start, end} or a number")
    }
    (start, end) = (span[0], span[1])
  }
  let shown = "{\(describe(start)), \(describe(end))}"
  guard start.isFinite, end.isFinite, (end - start).isFinite else {
    throw given.error("t", "times must be finite: got \(shown)")
  }
  guard start < end else {
    throw given.error("t", "time must run forwards, from a start to a later end: got \(shown)")
  }
  return (start, end)
}
