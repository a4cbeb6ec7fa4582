import Glibc
import Kernels
import LuaBridge
import Testing

private let mixture = """
  local mix = wb.dist.gaussian_mixture{
    weights = {0.5, 0.3, 0.2}, means = {{-2.5, -1.5}, {2.5, -1.5}, {0, 2.5}}, stds = 0.5}

  """

@Suite("wb.dist") struct DistributionTests {
  @Test("gives the numbers of the laws") func numbersOfLaws() throws {
    let session = try ScriptSession()
    let law = try GaussianMixture(
      weights: [0.5, 0.3, 0.2],
      components: [[-2.5, -1.5], [2.5, -1.5], [0, 2.5]].map {
        try Gaussian(mean: $0, standardDeviations: [0.5])
      })
    let values = try numbers(
      session, mixture + "return {mix.entropy, mix.fisher, mix.entropy_stderr, mix.dim}")
    #expect(values == [try law.entropy().value, try law.squaredScore().value, 0, 2])
    #expect(abs(values[0] - 2.48123) < 5e-6 && abs(values[1] - 7.99956) < 5e-6)
    let x = try law.sample(50, seed: 3)
    #expect(try numbers(session, mixture + "return mix:sample{n = 50, seed = 3}") == x.values)
    #expect(try numbers(session, mixture + "return mix:sample(50)") == law.sample(50, seed: 1).values)
    #expect(
      try numbers(session, mixture + "return mix:logpdf(mix:sample{n = 50, seed = 3})")
        == law.logDensity(x).values)
    #expect(
      try numbers(session, mixture + "return mix:score(mix:sample{n = 50, seed = 3})") == law.score(x).values)
    let noised = try law.perturbed(alpha: 0.8, sigma: 0.6)
    #expect(
      try numbers(session, mixture + "return mix:perturbed{alpha = 0.8, sigma = 0.6}:score{1, 2}")
        == noised.score(NDArray([1, 2], shape: [1, 2])).values)
  }

  @Test("takes every form of its options") func forms() throws {
    let session = try ScriptSession()
    try session.lua.run(
      """
      local d = wb.dist
      local x = {0.3, -0.4}
      local function same(a, b) assert(a.dim == b.dim and a:logpdf(x) == b:logpdf(x)) end
      same(d.gaussian{dim = 2}, d.gaussian{mean = {0, 0}, std = 1})
      same(d.gaussian{mean = {1, 2}, std = {2, 3}}, d.gaussian{mean = {1, 2}, cov = {{4, 0}, {0, 9}}})
      same(d.gaussian{std = {2, 2}}, d.gaussian{std = 2, dim = 2})
      local means = {{0, 1}, {2, 3}}
      local a = d.gaussian_mixture{means = means, stds = 2}
      same(a, d.gaussian_mixture{means = wb.array(means), stds = {2, 2}, weights = {0.5, 0.5}})
      same(a, d.gaussian_mixture{means = means, stds = {{2, 2}, {2, 2}}})
      same(a, d.gaussian_mixture{means = means, covs = {{4, 0}, {0, 4}}})
      same(a, d.gaussian_mixture{means = means, covs = {{{4, 0}, {0, 4}}, {{4, 0}, {0, 4}}}})
      same(d.student_t{dof = 3, dim = 2, scale = 2}, d.student_t{dof = 3, loc = 0, shape = {{4, 0}, {0, 4}}})
      same(d.uniform{low = -1, high = {1, 1}}, d.uniform{low = {-1, -1}, high = 1, dim = 2})
      same(d.product{d.gaussian{std = 2}, d.gaussian{mean = 1}}, d.gaussian{mean = {0, 1}, std = {2, 1}})
      local line = d.gaussian_mixture{means = {-2, 2}, stds = {0.5, 1}}
      assert(line.dim == 1 and line:logpdf(0.3) == line:logpdf({0.3, 7})[1] and line:score{0.3}[1] == line:score(0.3))
      assert(line:logpdf(wb.array{{0.3}, {7}})[2] == line:logpdf(7))
      assert(tostring(line):find("Gaussian mixture of 2 components in 1 dimension", 1, true))
      """, name: "@test.lua")
  }

  @Test("works inside traced functions, as on arrays") func traced() throws {
    let session = try ScriptSession()
    try session.lua.run(
      mixture + """
        local x = mix:sample{n = 200, seed = 5}
        local direct, bare = mix:score(x), mix.score
        local function same(f, expected)
          local got = wb.trace(f, {inputs = 2})(x)
          local worst = wb.max(0, (got - expected):max(), -(got - expected):min())
          assert(worst <= 1e-12, worst)
        end
        same(function(x) return mix:score(x) end, direct)
        same(function(x) return mix.score(x) end, direct)
        same(function(x) return bare(x) end, direct)
        same(function(x) return bare{x[1], x[2]} end, direct)
        same(function(x) return 2 * mix:score(x) - mix:score{x[1], x[2] + 0} end, direct)
        same(function(x) return mix:logpdf(x) end, mix:logpdf(x))
        -- A branch: the function is replayed with plain numbers on both sides.
        same(function(x) if mix:logpdf(x) < -1e9 then return 0 end return mix:logpdf(x) end, mix:logpdf(x))
        -- Each way as the drift of Langevin dynamics.
        for _, f in ipairs{function(x) return mix:score(x) end, function(x) return bare(x) end} do
          local s = math.sqrt(2)
          local sde = wb.sde{dim = 2, drift = f, diffusion = function() return {s, s} end}
          local sol = wb.solve(sde, {x0 = mix:sample(4000), t = {0, 1}, steps = 200, paths = 4000})
          -- It starts from its stationary law and stays there; five standard errors.
          assert(math.abs(mix:logpdf(sol.x):mean() + mix.entropy) < 5 * 1.1 / math.sqrt(4000))
        end
        -- A law of one dimension, and one that is made inside.
        local line = wb.dist.student_t{dof = 3}
        local f = wb.trace(function(x) return line:score(x) + wb.dist.gaussian{std = 2}:score(x) end)
        assert(math.abs(f(0.5) - (line:score(0.5) - 0.125)) < 1e-15)
        """, name: "@test.lua")
  }

  @Test("gives its score away as a value") func functionValues() throws {
    let session = try ScriptSession()
    let values = try session.lua.run(mixture + "return mix, mix.score, mix.logpdf, 1", name: "@test.lua")
    let law = try #require(values[0].object(DistributionObject.self))
    let score = try #require(values[1].object(DistributionFunction.self))
    #expect(score.distribution === law && score.kind == .score)
    #expect(values[2].object(DistributionFunction.self)?.kind == .logDensity)
    let reading = Reading<DistributionObject>.distribution
    #expect(try values.map { try reading.read($0) === law } == [true, true, true, false])
  }

  @Test(
    "says what is wrong, in one sentence",
    arguments: [
      (
        "wb.dist.gaussian_mixture{weights = {.5, .4}, means = {0, 1}, stds = 1}",
        "wb.dist.gaussian_mixture: weights must sum to 1, but they sum to 0.9: divide each by the sum"
      ),
      (
        "wb.dist.gaussian_mixture{weights = {1.5, -.5}, means = {0, 1}, stds = 1}",
        "wb.dist.gaussian_mixture: weights must be numbers of at least 0, but weight 2 is -0.5"
      ),
      (
        "wb.dist.gaussian{cov = {{1, 2}, {2, 1}}}",
        "wb.dist.gaussian: the covariance is not positive definite: given the components before it, component 2 has "
          + "the variance -3.0"
      ),
      (
        "wb.dist.gaussian{cov = {{1, 2, 3}, {2, 1, 3}}}",
        "option 'cov' of wb.dist.gaussian: expected a square matrix, got shape (2, 3)"
      ),
      (
        "wb.dist.gaussian{mean = {1, 2, 3}, cov = {{1, 0}, {0, 1}}}",
        "option 'mean' of wb.dist.gaussian has 3 components, but 2 are needed"
      ),
      ("wb.dist.gaussian{mena = 1}", "unknown option 'mena' of wb.dist.gaussian: did you mean 'mean'?"),
      (
        "wb.dist.gaussian{mean = {1, 2, 3}, std = {1, 2}}",
        "wb.dist.gaussian: the options have 2 and 3 components: give each as many, or one"
      ),
      (
        "wb.dist.gaussian{std = 1, cov = 1}",
        "option 'std' of wb.dist.gaussian: give either std or cov, not both"
      ),
      (
        "wb.dist.gaussian_mixture{means = {{0, 1}, {1, 2}}, stds = {1, 2, 3}}",
        "option 'stds' of wb.dist.gaussian_mixture: expected one number, one for each of the 2 components, or 2 rows of "
          + "2, got shape (3,)"
      ),
      (
        "wb.dist.gaussian_mixture{means = {{0, 1}, {1, 2}}}",
        "wb.dist.gaussian_mixture: option 'stds' is required"
      ),
      (
        "wb.dist.student_t{dof = -1}",
        "wb.dist.student_t: the degrees of freedom must be a number above 0, got -1.0"
      ),
      (
        "wb.dist.uniform{low = 2, high = 1}",
        "wb.dist.uniform: the box is empty: component 1 goes from 2.0 to 1.0"
      ),
      ("wb.dist.product{1}", "wb.dist.product: part 1 is an integer, not a distribution made by wb.dist"),
      ("wb.dist.product{}", "wb.dist.product: a product needs at least one part"),
      (
        "wb.dist.gaussian{}:sample(0)",
        "distribution:sample: expected an integer of at least 1 as argument 1, got"
      ),
      (
        "wb.dist.gaussian{}:sample{n = 0}",
        "option 'n' of distribution:sample: expected an integer of at least 1, got 0"
      ),
      (
        "wb.dist.gaussian{}:sample{n = 1e18}",
        "distribution:sample: an array of shape (1000000000000000000, 1) needs 8.0 EB"
      ),
      (
        "wb.dist.gaussian{dim = 2}:score{1, 2, 3}",
        "distribution:score: expected an array with 2 columns, one row a point, got shape (3,)"
      ),
      ("wb.dist.gaussian{}.score()", "distribution:score: expected a point x, got nothing"),
      (
        "wb.dist.gaussian{}:score('a')",
        "distribution:score: expected a number, a list or an array, got a string"
      ),
      ("wb.dist.gaussian{}:scor(1)", "a distribution has no field 'scor': did you mean 'score'?"),
      (
        "wb.dist.student_t{dof = 3}:perturbed{sigma = 1}",
        "distribution:perturbed: a Student t with Gaussian noise has no closed form: use a Gaussian or a mixture"
      ),
      (
        "wb.dist.gaussian{}:perturbed{sigma = -1}",
        "distribution:perturbed: sigma must be a number of at least 0, got -1.0"
      ),
      (
        "local d = wb.dist.gaussian{dim = 2} wb.trace(function(x) return d:score(x) end, {inputs = 3})",
        "distribution:score: the input 'x' has 2 components, but was given 3"
      ),
      ("wb.dist.two_moons{noise = 0}", "wb.dist.two_moons: two moons without noise has no density"),
    ])
  func errors(_ source: String, _ message: String) throws {
    let got = try failure(source) ?? "no error"
    #expect(got.contains(message), "\(got)")
    #expect(got.hasPrefix("test.lua:1: "), "\(got)")
  }
}
