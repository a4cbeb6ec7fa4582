@_exported import Arrays
@_exported import Density
@_exported import Estimation
@_exported import Execution
@_exported import Lanes
@_exported import Program
@_exported import Random
@_exported import SDE
