import Testing

import LuaBridge

@Suite struct ArrayFiles {
  private let state: ArrayState
  private let folder: ScratchFolder

  init() throws {
    state = try ArrayState()
    folder = try ScratchFolder()
    state.context.outDirectory = folder.path + "/out/deep"
    try state.lua.setGlobal("dir", folder.path)
  }

  @Test func tablesHaveNamedColumnsAndDates() throws {
    _ = try folder.write("rates.csv", "DATE,Rate\n2021-04-08,1.64\n2021-04-09,\n2021-04-12,1.69\n")
    #expect(try state.numbers("wb.load(dir .. '/rates.csv', {missing = 'skip'}).Rate") == [1.64, 1.69])
    #expect(try state.run("return select(2, wb.load(dir .. '/rates.csv', {missing = 'skip'}))")[0].int == 1)
    #expect(
      try state.run(
        "local t = wb.load(dir .. '/rates.csv', {missing = 'nan'}) return wb.date(t.DATE[1]), t[2][2] ~= t[2][2]"
      )
      .map { $0.string ?? "\($0.isTrue)" } == ["2021-04-08", "true"])
    let failure = try #require(state.failure("wb.load(dir .. '/rates.csv')"))
    #expect(
      failure.contains(
        "rates.csv:3: column \"Rate\": an empty cell: fill it in, or load with {missing = \"skip\"}"),
      "\(failure)")
    // What was read as dates is written as dates, also after rows were taken out.
    _ = try state.run("wb.load(dir .. '/rates.csv', {missing = 'skip'}):rows(2, 2):save('back.csv')")
    #expect(try folder.read("out/deep/back.csv") == "DATE,Rate\n2021-04-12,1.69\n")
  }

  @Test func optionsOfTablesAreRead() throws {
    _ = try folder.write("plain.txt", "1|2\n-|4\n")
    #expect(
      try state.numbers(
        "wb.load(dir .. '/plain.txt', {header = false, delimiter = '|', markers = {'-'}, missing = 'nan'})[1]"
      )
        == [1, 2])
    _ = try folder.write("numbers.csv", "1,2\n3,4\n")
    #expect(try state.shape("wb.load(dir .. '/numbers.csv', {header = true})") == [1, 2])
    #expect(try state.shape("wb.load(dir .. '/numbers.csv', {header = 'auto'})") == [2, 2])
  }

  @Test func arraysComeBackAsTheyWere() throws {
    #expect(
      try state.run("return wb.array{{1, 2}, {3, 0/0}}:save('a.npy')")[0].string == folder.path
        + "/out/deep/a.npy")
    #expect(try state.shape("wb.load(dir .. '/out/deep/a.npy')") == [2, 2])
    _ = try state.run("wb.save('b.npz', {x = {1, 2}, y = wb.eye(2)})")
    #expect(try state.numbers("wb.load(dir .. '/out/deep/b.npz').y") == [1, 0, 0, 1])
    #expect(try state.numbers("wb.load(dir .. '/out/deep/b.npz').x") == [1, 2])
    _ = try state.run("wb.save('c.csv', wb.array{{1, 0.1}}:named{'t', 'x'}) wb.save('d.tsv', {{1, 2}})")
    #expect(try folder.read("out/deep/c.csv") == "t,x\n1,0.1\n")
    #expect(try folder.read("out/deep/d.tsv") == "1\t2\n")
    #expect(
      state.context.artifacts.map { $0.split(separator: "/").last ?? "" } == [
        "a.npy", "b.npz", "c.csv", "d.tsv",
      ])
    #expect(
      try state.run("return wb.eye(2):save(dir .. '/absolute.csv')")[0].string == folder.path
        + "/absolute.csv")
  }

  @Test func datesAndDays() throws {
    #expect(
      try state.run("return wb.date(18725), wb.date(18725.9), wb.date(-1)").map(\.string)
        == ["2021-04-08", "2021-04-08", "1969-12-31"])
    #expect(
      try state.run("return wb.days('2021-04-08'), wb.days('1970-01-01'), wb.days('2000-02-29')").map(\.int)
        == [18725, 0, 11016])
    #expect(
      try state.run("for d = -700000, 2900000, 12345 do assert(wb.days(wb.date(d)) == d) end return true")[0]
        .isTrue)
  }

  @Test(arguments: [
    ("wb.load('nowhere.csv')", "nowhere.csv: no such file"),
    ("wb.load('x.doc')", "must end in .csv, .tsv, .txt, .npy or .npz"),
    ("wb.load('')", "must end in"), ("wb.load()", "wb.load: expected a string as argument 1, got nothing"),
    ("wb.load('x.csv', {headr = true})", "did you mean 'header'?"),
    (
      "wb.load('x.csv', {header = 'no'})",
      "option 'header' of wb.load: expected \"auto\", true or false, got \"no\""
    ),
    ("wb.load('x.csv', {missing = 'skp'})", "did you mean \"skip\"?"),
    ("wb.load('x.csv', {delimiter = 'ab'})", "option 'delimiter' of wb.load: expected \",\""),
    ("wb.load('x.csv', {markers = 'NA'})", "expected a list of strings"),
    ("wb.load('x.csv', 3)", "expected a table of options"),
    ("wb.eye(2):save('x.doc')", "must end in .csv, .tsv or .npy"),
    ("wb.eye(2):save('x.npz')", "use wb.save(path, {name = array})"),
    ("wb.eye(2):save()", "expected a string as argument 1"),
    ("wb.eye(2):save('')", "\"\" is not the name of a file"),
    ("wb.eye(2):save('a/')", "is not the name of a file"),
    ("wb.eye(2):save('a\\0.csv')", "is not the name of a file"),
    ("wb.zeros(2, 2, 2):save('x.csv')", "a CSV file holds one or two axes"),
    ("wb.save('x.csv')", "as argument 2, got nothing"),
    ("wb.save('x.npz', wb.eye(2))", "expected a table as argument 2"),
    ("wb.save('x.npz', {wb.eye(2)})", "expected {name = array, …}"),
    ("wb.save('x.npz', {a = 'x'})", "'a': expected an array"),
    ("wb.save('x.npz', {[''] = 1})", "cannot name an array"),
    ("wb.date(1e300)", "within the years 0 to 9999"), ("wb.date(0/0)", "within the years"),
    ("wb.date('x')", "expected a number"),
    ("wb.days('2021-02-29')", "a date such as"), ("wb.days('2021-2-9')", "a date such as"),
    ("wb.days('+021-02-09')", "a date"),
    ("wb.days('99999999999999999999-01-01')", "a date"), ("wb.days('')", "a date"),
  ]) func refused(_ source: String, _ message: String) throws {
    let failure = try #require(state.failure(source))
    #expect(failure.contains(message), "\(failure)")
    #expect(failure.hasPrefix("test.lua:1: "), "\(failure)")
    #expect(state.context.artifacts.isEmpty)
  }

  @Test func textOptionsAreRefusedForOtherFiles() throws {
    _ = try state.run("wb.eye(2):save(dir .. '/e.npy')")
    #expect(
      try #require(state.failure("wb.load(dir .. '/e.npy', {missing = 'nan'})")).contains(
        "the option 'missing' is for .csv"))
  }
}
