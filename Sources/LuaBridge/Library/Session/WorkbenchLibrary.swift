import Kernels

/// Everything scripts can use: the modules put together, as the global `wb` and for `require "workbench"`.
enum WorkbenchLibrary {
  static func install(in lua: LuaState, context: RunContext) throws {
    let tracer = try Tracer(lua)
    let wb = Module(
      "wb",
      "Stochastic differential equations in Lua at the speed of compiled code. The mathematical functions, in the "
        + "table at the end, take numbers, arrays (element by element) and what a traced function is given.")
    let hooks = ArrayHooks()
    tracer.connect(hooks, context: context)
    tracer.connectNets(hooks)
    PendingResult.connect(tracer, hooks)
    var library = Library()
    library.addArrays(to: wb, context: context, hooks: hooks)
    library.addPlots(to: wb, context: context)
    library.addRun(to: wb, context: context)
    library.add(wb)
    library.add(SDEModule.library(tracer: tracer, context: context))
    let methods = CustomMethods(tracer)
    library.add(SolveModule.library(tracer: tracer, context: context, methods: methods))
    library.add(ConvergenceModule.library(tracer: tracer, context: context))
    library.add(FitModule.library(tracer: tracer, context: context))
    library.add(LossModule.library(tracer: tracer, context: context))
    library.add(CheckModule.library(tracer: tracer, context: context))
    library.add(DiffusionModule.library(tracer: tracer, context: context))
    library.add(NetModule.library(tracer: tracer, context: context))
    library.add(OptimModule.library())
    library.add(TrainModule.library(tracer: tracer, context: context, methods: methods))
    library.add(DistanceLibrary.library(context: context))
    library.add(TraceModule.library(tracer: tracer, context: context))
    library.addTransforms(tracer: tracer, context: context)
    library.add(DistributionModule.library(tracer: tracer, context: context))
    library.add(DataModule.library(context: context))
    library.add(PendingResult.make(tracer))
    try lua.install(library)
    try lua.installHelp()
    try lua.preload("workbench", try lua.global("wb"))
  }
}
