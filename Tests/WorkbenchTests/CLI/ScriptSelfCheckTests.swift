import Testing

/// Scripts of the project that check themselves: their exit code is the result.
@Suite struct ScriptSelfCheckTests {
  private static let scripts =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4).joined(separator: "/")
    + "/scripts"

  @Test(arguments: [
    ("ssm_equivalence.lua", "equivalences held"), ("custom_loss.lua", "all checks passed"),
    ("learn_through_a_solve.lua", "all checks passed"),
  ])
  func script(_ name: String, _ ending: String) {
    let result = CommandLine.run(["run", "\(Self.scripts)/\(name)"], in: Folder())
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.output.contains(ending), "\(result.output)")
  }
}
