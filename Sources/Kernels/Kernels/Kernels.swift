@_exported import Arrays
@_exported import Estimation
@_exported import Execution
@_exported import Lanes
@_exported import Nets
@_exported import Program
@_exported import Random
@_exported import SDE
