---@meta workbench

---Stands for a number while a function is traced: arithmetic, comparisons and the math functions record what is done with it.
---@class traced_value
---@operator add: traced_value
---@operator sub: traced_value
---@operator mul: traced_value
---@operator div: traced_value
---@operator mod: traced_value
---@operator idiv: traced_value
---@operator pow: traced_value
---@operator unm: traced_value
---@operator concat: traced_value
---@operator len: integer
---@field [any] any
local traced_value = {}

---A value of several components: x[1], x.name, #x, arithmetic with numbers and vectors, component by component.
---@class vector
---@operator add: vector
---@operator sub: vector
---@operator mul: vector
---@operator div: vector
---@operator mod: vector
---@operator idiv: vector
---@operator pow: vector
---@operator unm: vector
---@operator concat: vector
---@operator len: integer
---@field [any] any
local vector = {}

---A matrix of values: w[i] is row i, #w the number of rows, wb.matmul(w, x) a product; arithmetic with numbers and matrices of the same shape, entry by entry.
---@class matrix
---@operator len: integer
---@operator add: matrix
---@operator sub: matrix
---@operator mul: matrix
---@operator div: matrix
---@operator mod: matrix
---@operator idiv: matrix
---@operator pow: matrix
---@operator unm: matrix
---@field [any] any
local matrix = {}

---The parameters of a model by name: p.mu. They are read-only.
---@class parameters
---@field [any] any
local parameters = {}

---A function of the model that a solver's step calls: f(x, t).
---@class model_function
local model_function = {}

---The random numbers of a path, which x0 = function(rng) … end is given: every call gives another, the same ones for the same seed and path.
---@class random_source
local random_source = {}

---A normal number, standard unless mean and sd are given.
---@param mean? number default 0
---@param sd? number standard deviation, default 1
---@return number
function random_source:normal(mean, sd) end

---A number between 0 and 1, or between low and high.
---@param low? number default 0
---@param high? number default 1
---@return number
function random_source:uniform(low, high) end

---An exponential number.
---@param rate? number one over the mean, default 1
---@return number
function random_source:exponential(rate) end

---Numbers in rows and columns, or with any number of axes. Indices and axes count from 1. The elements never change: every operation makes a new array. Where an array is expected, a table of numbers will do.
---@class array
---@field shape table The extent of each axis: `{2, 3}` for two rows of three.
---@field size integer The number of elements.
---@field columns table|nil The names of the columns, if they have any.
---@operator add: array
---@operator sub: array
---@operator mul: array
---@operator div: array
---@operator pow: array
---@operator mod: array
---@operator idiv: array
---@operator unm: array
---@operator len: integer
---@field [any] any
local array = {}

---The same elements in the same order under another shape. One extent may be -1: it is what is left over.
---@param ... any
---@return array
function array:reshape(...) end

---The array with its axes reversed: rows become columns.
---@return array
function array:transpose() end

---The same array with names for its columns.
---@param names? table|nil one for each column; nil: none
---@return array
function array:named(names) end

---The elements as nested tables.
---@return table
function array:totable() end

---One element.
---@param i any
---@param j any
---@param ... any
---@return number
function array:at(i, j, ...) end

---The rows from `first` to `last`, both included.
---@param first integer the first row
---@param last? integer the last row; without it the array's last
---@return array
function array:rows(first, last) end

---One column: the elements at one index of the last axis, or under one name. `a.name` is the same for a name that is no method.
---@param which integer|string its number, or its name
---@return array
function array:column(which) end

---Sorted ascending along the last axis, nan last.
---@return array
function array:sort() end

---The positions along the last axis that would sort it, from 1; equal elements keep their order.
---@return array
function array:argsort() end

---@class array.sum.options
---@field axis? integer the axis to reduce; without it the whole array is

---The sum, with compensated rounding; of nothing 0.
---@param axis? integer the axis to reduce; without it the whole array is
---@return number|array
function array:sum(axis) end

---@class array.mean.options
---@field axis? integer the axis to reduce; without it the whole array is

---The arithmetic mean.
---@param axis? integer the axis to reduce; without it the whole array is
---@return number|array
function array:mean(axis) end

---@class array.var.options
---@field axis? integer the axis to reduce; without it the whole array is
---@field ddof? integer what is subtracted from n in the divisor: 1 for the unbiased variance (default 0)

---The variance, dividing by n − ddof.
---@param axis? integer the axis to reduce; without it the whole array is
---@return number|array
function array:var(axis) end

---@class array.std.options
---@field axis? integer the axis to reduce; without it the whole array is
---@field ddof? integer what is subtracted from n in the divisor: 1 for the unbiased variance (default 0)

---The standard deviation: the square root of `var`.
---@param axis? integer the axis to reduce; without it the whole array is
---@return number|array
function array:std(axis) end

---@class array.min.options
---@field axis? integer the axis to reduce; without it the whole array is

---The least element; nan if one is.
---@param axis? integer the axis to reduce; without it the whole array is
---@return number|array
function array:min(axis) end

---@class array.max.options
---@field axis? integer the axis to reduce; without it the whole array is

---The greatest element; nan if one is.
---@param axis? integer the axis to reduce; without it the whole array is
---@return number|array
function array:max(axis) end

---The position of the least element, in row-major order.
---@return integer
function array:argmin() end

---The position of the greatest element, in row-major order.
---@return integer
function array:argmax() end

---The value below which a fraction q of the elements lies, interpolated linearly between neighbours.
---@param q number|table probabilities from 0 to 1
---@param axis? integer the axis along which; without it the whole array
---@return number|array
function array:quantile(q, axis) end

---The middle value: the ½-quantile.
---@return number
function array:median() end

---@class array.histogram.options
---@field bins? integer how many (default 10)
---@field range? table by default from the least element to the greatest

---Counts the elements in equal bins. A bin contains its lower edge, the last also its upper one.
---@param options array.histogram.options
---@return table
function array:histogram(options) end

---@class array.cov.options
---@field ddof? integer what is subtracted from n in the divisor (default 1)

---The covariance matrix of the columns; rows are observations.
---@param options array.cov.options
---@return array
function array:cov(options) end

---The correlation matrix of the columns; rows are observations.
---@return array
function array:corr() end

---`f` of every element, compiled like a drift: a function of one number that gives one.
---@param f function for example `function(x) return x^2 + 1 end`
---@return array
function array:map(f) end

---Writes the array by the path's extension: .npy, .csv or .tsv. A relative path is one in the run's output directory. Columns that were read as dates are written as dates.
---@param path string the file; it appears whole or not at all
---@return string
function array:save(path) end

---A stochastic differential equation, made by wb.sde.
---@class SDE
---@field name string Its name.
---@field noise string The noise class: additive, scalar, diagonal, commutative or general.
---@field dim integer The number of components.
---@field noise_dim integer The number of noises.
---@field calculus string "ito" or "stratonovich".
---@field params table The parameters' values by name: numbers, arrays for lists.
local SDE = {}

---A copy with other values of some parameters; the others, and this SDE, stay as they are.
---@param options any
---@return SDE
function SDE:with(options) end

---The same process written in Ito calculus: the drift changes by half the noise-induced drift, which is found by differentiation. An SDE that is written so already is returned as it is.
---@return SDE
function SDE:ito() end

---The same process written in Stratonovich calculus: the drift changes by half the noise-induced drift, which is found by differentiation. An SDE that is written so already is returned as it is.
---@return SDE
function SDE:stratonovich() end

---The drift at a state and a time.
---@param x number|table the state
---@param t? number the time, 0 if absent
---@return number|array
function SDE:drift_at(x, t) end

---The diffusion at a state and a time: one value, one a component, or the matrix.
---@param x number|table the state
---@param t? number the time, 0 if absent
---@return number|array
function SDE:diffusion_at(x, t) end

---The Ito generator applied to f(x, t, p): L f = ∂f/∂t + drift·∇f + ½ tr(G Gᵀ ∇²f), by exact derivatives.
---@param f function a function with one value
---@return function
function SDE:generator(f) end

---A parameter that wb.fit may change, made by wb.learnable.
---@class learnable
---@field value number The start value.
local learnable = {}

---An ensemble of paths, made by wb.solve.
---@class Solution
---@field t array The times that were kept.
---@field x array The states: paths × times × components, or paths × components for save = "final". An error if they were too many for memory_limit.
---@field failed table|nil Paths that blew up: {count=, path=, t=, message=}, the first path, when, and the error of a coefficient if it raised one; nil if none.
---@field observed table The observables by name: {mean=, stderr=, n=}, n being the number of finite values.
---@field stats table How it was solved: method, steps, paths, threads, precision, seconds, ns_per_path_step, instructions (of a step).
local Solution = {}

---The mean over the paths at each time. Paths that blew up are left out.
---@return number|array
function Solution:mean() end

---The sample standard deviation at each time. Paths that blew up are left out.
---@return number|array
function Solution:std() end

---The sample variance at each time. Paths that blew up are left out.
---@return number|array
function Solution:var() end

---The standard error of the mean at each time. Paths that blew up are left out.
---@return number|array
function Solution:stderr() end

---The smallest value at each time. Paths that blew up are left out.
---@return number|array
function Solution:min() end

---The largest value at each time. Paths that blew up are left out.
---@return number|array
function Solution:max() end

---The q-quantile at each time: exact where the states were stored, else from a sketch with a relative error of at most 0.4 %. A list of q gives a list of results.
---@param q number|table between 0 and 1
---@return number|array
function Solution:quantile(q) end

---@class Solution.histogram.options
---@field bins? integer number of bins (default 50)
---@field range? table the ends of the first and the last bin; the data's range if absent
---@field component? integer which component (default 1)
---@field time? integer which of sol.t, the last if absent

---The histogram of a component at a time (the last, if not said).
---@param options Solution.histogram.options
---@return table
function Solution:histogram(options) end

---One whole path at every step, replayed from the seed: the same bits as in the ensemble.
---@param i integer from 1
---@return table
function Solution:path(i) end

---Writes an .npz file with t, mean and std (times × components), x if the states were stored, and one array {mean, stderr, n} for each observable, named observed_<name>.
---@param path string a name that ends in .npz
---@return string
function Solution:save(path) end

---@class Solution.plot.options
---@field component? integer which component (default 1)
---@field kind? "fan"|"paths"|"histogram" by default fan, or histogram if one time was kept
---@field paths? integer how many, for kind = "paths" (default 50)
---@field bins? integer for kind = "histogram" (default 60)
---@field title? string above the plot
---@field xlabel? string under the x axis
---@field ylabel? string beside the y axis
---@field file? string where to: a name that ends in .png, .svg, .pdf or .txt
---@field xscale? "linear"|"log"|"date" date: days since 1970-01-01 (default "linear")
---@field yscale? "linear"|"log"|"date" the same for y (default "linear")
---@field xrange? table what the x axis shows; by default all
---@field yrange? table what the y axis shows; by default all
---@field legend? string|boolean "top left", "top right", "bottom left", "bottom right", "outside", or false; by default where it hides least
---@field size? table in points (default {760, 460})
---@field annotations? table words at points: { {x, y, "text"}, … }

---Draws the ensemble: quantile bands over time (fan), some paths, or the histogram of the last time. Without file as text where print writes.
---@param options Solution.plot.options
---@return string
function Solution:plot(options) end

---Errors and orders of methods, made by wb.convergence.
---@class Convergence
---@field methods table The names of the methods; c[name] is {order=, low=, high=, nominal=, h=, error=, error_low=, error_high=}.
---@field [any] any
local Convergence = {}

---@class Convergence.plot.options
---@field title? string above the plot
---@field xlabel? string under the x axis
---@field ylabel? string beside the y axis
---@field file? string where to: a name that ends in .png, .svg, .pdf or .txt
---@field xscale? "linear"|"log"|"date" date: days since 1970-01-01 (default "linear")
---@field yscale? "linear"|"log"|"date" the same for y (default "linear")
---@field xrange? table what the x axis shows; by default all
---@field yrange? table what the y axis shows; by default all
---@field legend? string|boolean "top left", "top right", "bottom left", "bottom right", "outside", or false; by default where it hides least
---@field size? table in points (default {760, 460})
---@field annotations? table words at points: { {x, y, "text"}, … }

---Draws errors against steps on logarithmic axes, with their intervals, and dashed lines of the nominal orders.
---@param options Convergence.plot.options
---@return string
function Convergence:plot(options) end

---The result of wb.fit.
---@class Fit
---@field params table The estimates by name.
---@field stderr table The standard errors by name; NaN where there is none.
---@field loglik number The log-likelihood.
---@field aic number Akaike's criterion, 2k − 2 log L.
---@field bic number The Bayesian criterion, k log n − 2 log L.
---@field n integer The number of transitions.
---@field converged boolean Whether the search ended at a maximum inside the bounds.
---@field status string "converged", "on the bound: …" or "not converged: …".
---@field covariance array The covariance matrix of the estimates, in the order of names.
---@field correlation array The correlation matrix of the estimates.
---@field names table The fitted parameters, in the order of covariance.
---@field sde SDE The SDE with the estimates as parameters.
local Fit = {}

---A score-matching loss, made by wb.loss. loss(model, x, [{seed=, oracle=}]) is its value over the rows of x; inside a traced function loss(model, x) is the loss of one sample.
---@class loss
---@field name string Its name in wb.loss.
---@field form string "full" or "half".
---@field predicts string What the model's value stands for.
---@field takes_time boolean Whether the model is called with a time.
---@field formula string Its full form.
---@field constant string What it differs by from the squared distance.
local loss = {}

---A loss over data, with its standard error.
---@class loss_value
---@field value number The mean over the samples.
---@field stderr number The standard error of the mean.
---@field form string "full" or "half".
---@field n integer The number of samples.
---@field floor number|nil The least value of all models, if an oracle was given and knows it.
local loss_value = {}

---What wb.check found. It prints as sentences; what a check of its kind does not tell is nil.
---@class check
---@field ok boolean Whether nothing is wrong.
---@field finding string "right", "sign", "scaled", "biased", "wrong", "not finite".
---@field verdict string The first sentence.
---@field sentences string[] All of them.
---@field subject string What was checked: "score", "loss" or "samples".
---@field scale number|nil The factor by which the true score is multiplied: in the score, or in the loss's minimiser.
---@field scale_stderr number|nil The standard error of `scale`.
---@field relative_error number|nil Of a score: the root of its Fisher divergence over E|s*|².
---@field relative_error_stderr number|nil The standard error of `relative_error`.
---@field fisher number|nil Of a score: the Fisher divergence E|s - s*|².
---@field fisher_stderr number|nil The standard error of `fisher`.
---@field value number|nil Of a loss: its value at the true score.
---@field value_stderr number|nil The standard error of `value`.
---@field form_factor number|nil Of a loss: its size over that of the full form.
---@field form_factor_stderr number|nil The standard error of `form_factor`.
---@field temperature number|nil Of samples: the T of p^(1/T) that they are like; 1 is right.
---@field temperature_stderr number|nil The standard error of `temperature`.
---@field bias array The shift of each component.
---@field bias_stderr array Their standard errors.
---@field floor number|nil Of a loss of wb.loss: its least value.
---@field spread number|nil Of a loss: the standard deviation of one sample's loss at the true score.
---@field p_value number|nil Of samples: of the energy distance.
---@field distance number|nil Of samples: the energy distance.
---@field level number The probability that something right is blamed, at most.
local check = {}

---A forward process, made by wb.diffusion.
---@class process
---@field kind string Its name in wb.diffusion.
---@field t_min number The first time that losses draw.
---@field t_max number The last time.
local process = {}

---The factor of the data at a time. Also inside traced functions.
---@param t number|array the time, or several
---@return number|array
function process:alpha(t) end

---The standard deviation of the noise at a time. Also inside traced functions.
---@param t number|array the time, or several
---@return number|array
function process:sigma(t) end

---The signal-to-noise ratio alpha²/sigma² at a time. Also inside traced functions.
---@param t number|array the time, or several
---@return number|array
function process:snr(t) end

---The factor of the data and the noise's standard deviation.
---@param t number|array the time, or several
---@return any
---@return any
function process:marginal(t) end

---A function with parameters, made by wb.nn: net(x), or net(x, t) if it takes a time, in traced functions and on numbers and arrays.
---@class net
---@field inputs integer The number of components it takes.
---@field outputs integer The number of components it gives.
---@field takes_time boolean Whether it is called with a time too.
---@field size integer How many numbers its parameters have.
---@field trainable integer How many of them are not frozen.
---@field precision string "single" or "double": how the parameters are kept.
local net = {}

---The parameters in order.
---@return table
function net:parameters() end

---The values of a parameter.
---@param name string such as "layers.0.weight"
---@return number|array
function net:get(name) end

---Replaces the values of a parameter; a single net rounds them to single precision.
---@param name string such as "layers.0.weight"
---@param values number|array of the parameter's shape
---@return net
function net:set(name, values) end

---Keeps training from changing parameters: all, or those named.
---@param names? string|table names, or the beginning of names up to a dot, such as "layers.0"
---@return net
function net:freeze(names) end

---Lets training change parameters again: all but fixed ones, such as random frequencies, or those named.
---@param names? string|table names, or the beginning of names up to a dot, such as "layers.0"
---@return net
function net:unfreeze(names) end

---A net of its own with the same values.
---@return net
function net:clone() end

---Writes the parameters and the architecture to a safetensors file, which wb.nn.load and Python's safetensors read. The file appears whole or not at all. A relative path is one in the run's output directory.
---@param path string the file
---@return string
function net:save(path) end

---Replaces all values by those of a safetensors file, whose names and shapes must be this net's; if they are not, the error lists them and nothing changes.
---@param path string the file
---@return net
function net:load(path) end

---The energy of a net made by wb.nn.energy, whose value is minus the energy's gradient.
---@param x number|table|array as for net(x)
---@param t? number the time
---@return number|array
function net:energy(x, t) end

---An optimizer, made by wb.optim.
---@class optimizer
---@field name string Its name in wb.optim.
---@field lr number Its learning rate; nil for lbfgs.
local optimizer = {}

---A schedule of the learning rate, made by wb.optim.
---@class schedule
---@field name string Its name in wb.optim.
local schedule = {}

---The solution that the loss of wb.train is given where parameters is an SDE: what it computes from one path is averaged over all.
---@class traced_solution
---@field x number|vector The state at the end.
---@field t number The time at the end.
---@field p parameters The parameters by name: sol.p.mu.
local traced_solution = {}

---The state at a time that is one of the solver's: the start plus whole steps.
---@param t number the time
---@return any
function traced_solution:at(t) end

---A training done by wb.train, or in progress in wb.steps.
---@class training
---@field history array A row a step with the columns step, loss, stderr, gradient_norm, rate and validation (NaN where there was none).
---@field model net|SDE The net that was trained; for an SDE, a copy with the parameters reached.
---@field step integer How many steps are done.
---@field steps integer How many were planned.
---@field status string "finished", "stopped early", "interrupted" or "in progress"; of lbfgs "converged" or "not converged".
---@field reason string Why lbfgs ended; nil for other optimizers.
---@field loss number The mean loss over the last tenth of the steps; the least one of lbfgs.
---@field stderr number Its standard error.
---@field floor number The least value that the loss can have; nil without an oracle.
---@field best table The best validation: step, loss and stderr; nil without one.
---@field seconds number Time spent in steps.
---@field unused table Parameters that are trained but do not appear in the loss.
local training = {}

---@class training.plot.options
---@field title? string above the plot
---@field xlabel? string under the x axis
---@field ylabel? string beside the y axis
---@field file? string where to: a name that ends in .png, .svg, .pdf or .txt
---@field xscale? "linear"|"log"|"date" date: days since 1970-01-01 (default "linear")
---@field yscale? "linear"|"log"|"date" the same for y (default "linear")
---@field xrange? table what the x axis shows; by default all
---@field yrange? table what the y axis shows; by default all
---@field legend? string|boolean "top left", "top right", "bottom left", "bottom right", "outside", or false; by default where it hides least
---@field size? table in points (default {760, 460})
---@field annotations? table words at points: { {x, y, "text"}, … }

---Draws the loss over the steps with its running mean, the validation losses and the floor. Without file as text where print writes.
---@param options training.plot.options
---@return string
function training:plot(options) end

---A distance between two samples, its p-value, and its floor: what it is between samples of one law.
---@class Distance
---@field value number The distance.
---@field p_value number How probable a value at least as great is if both samples have one law.
---@field floor number What samples of one law, of these sizes, are apart: the mean over permutations of the pooled rows.
---@field floor_upper number 95 % of such same-law samples are at most this far apart.
---@field interval table Where 95 % of the values from other samples of these two laws and sizes lie, by the grouped jackknife.
---@field stderr number The jackknife's standard error of the value.
---@field n table The rows of the two samples.
---@field method string What was computed, with its settings.
---@field permutations integer How many permutations told the floor.
---@field details table Numbers of the method by name: bandwidths, projections, neighbours, epsilon, iterations, marginal_error.
---@field warning string|nil What a reader must know about the value, if anything.
---@field columns table Of wb.distance.ks: statistic and p-value of each column.
local Distance = {}

---A function compiled by wb.trace.
---@class compiled_function
---@field inputs integer The number of components of its argument.
---@field outputs integer The number of components of its value.
local compiled_function = {}

---A probability law whose density, score and entropy are known: what losses, nets and samplers can be judged by.
---@class distribution
---@field dim integer The number of dimensions.
---@field family string The family: "Gaussian mixture", ….
---@field entropy number The differential entropy −E log p in nats: in closed form, for mixtures in one or two dimensions by quadrature, else by Monte Carlo.
---@field entropy_stderr number The standard error of the entropy; 0 unless it is from Monte Carlo.
---@field fisher number E|s|², s the score: computed as the entropy is; infinite where the density jumps.
---@field fisher_stderr number The standard error of `fisher`; 0 unless it is from Monte Carlo.
---@field logpdf function dist:logpdf(x), or dist.logpdf as a function of x: log p at a point, or at each row of an array; also inside traced functions.
---@field score function dist:score(x), or dist.score as a function of x: the gradient of log p at a point, or at each row of an array; also inside traced functions. NaN where p is zero.
local distribution = {}

---@class distribution.sample.options
---@field n integer how many (required)
---@field seed? integer of the samples (default 1)

---Independent samples, one a row. Sample i is a function of the seed and i alone. sample(n) does the same.
---@param options distribution.sample.options
---@return array
function distribution:sample(options) end

---@class distribution.perturbed.options
---@field sigma number the standard deviation of the noise (required)
---@field alpha? number what x is multiplied by (default 1)

---The law of alpha x + sigma e in closed form, where e is standard normal: what data look like after noise. Gaussians, mixtures and their products have one.
---@param options distribution.perturbed.options
---@return distribution
function distribution:perturbed(options) end

---The score or the log-density of a distribution: called with a point or an array of points, or given to what takes an oracle.
---@class function_of_a_distribution
local function_of_a_distribution = {}

---An affine map fitted to data, and its inverse.
---@class data_transform
---@field dim integer The number of columns.
---@field mean array The data's means.
---@field log_det number log |det W| of y = W (x - mean): log p(x) is log p(y) plus this.
local data_transform = {}

---Maps other data as the data it was fitted to.
---@param x array one row a point
---@return array
function data_transform:apply(x) end

---Maps back, for example samples of a model.
---@param y array one row a point
---@return array
function data_transform:inverse(y) end

---Stochastic differential equations in Lua at the speed of compiled code. The mathematical functions, in the table at the end, take numbers, arrays (element by element) and what a traced function is given.
wb = {}

---eˣ.
---@param x any
---@return number
function wb.exp(x) end

---eˣ − 1, accurate for small x.
---@param x any
---@return number
function wb.expm1(x) end

---The logarithm, natural without a base.
---@param x any
---@param base? any
---@return number
function wb.log(x, base) end

---log(1 + x), accurate for small x.
---@param x any
---@return number
function wb.log1p(x) end

---The square root.
---@param x any
---@return number
function wb.sqrt(x) end

---The sine.
---@param x any
---@return number
function wb.sin(x) end

---The cosine.
---@param x any
---@return number
function wb.cos(x) end

---The tangent.
---@param x any
---@return number
function wb.tan(x) end

---The inverse sine.
---@param x any
---@return number
function wb.asin(x) end

---The inverse cosine.
---@param x any
---@return number
function wb.acos(x) end

---The angle of the point (x, y); x is 1 by default.
---@param y any
---@param x? any
---@return number
function wb.atan(y, x) end

---The hyperbolic sine.
---@param x any
---@return number
function wb.sinh(x) end

---The hyperbolic cosine.
---@param x any
---@return number
function wb.cosh(x) end

---The hyperbolic tangent.
---@param x any
---@return number
function wb.tanh(x) end

---The absolute value.
---@param x any
---@return number
function wb.abs(x) end

---−1, 0 or 1.
---@param x any
---@return number
function wb.sign(x) end

---The largest integer that is not above x.
---@param x any
---@return number
function wb.floor(x) end

---The smallest integer that is not below x.
---@param x any
---@return number
function wb.ceil(x) end

---The nearest integer, halves to the even one.
---@param x any
---@return number
function wb.round(x) end

---The error function.
---@param x any
---@return number
function wb.erf(x) end

---1/(1 + e⁻ˣ).
---@param x any
---@return number
function wb.sigmoid(x) end

---log(1 + eˣ).
---@param x any
---@return number
function wb.softplus(x) end

---x/(1 + e⁻ˣ).
---@param x any
---@return number
function wb.silu(x) end

---max(x, 0).
---@param x any
---@return number
function wb.relu(x) end

---The smallest, as one operation.
---@param a any
---@param b any
---@param ... any
---@return number
function wb.min(a, b, ...) end

---The largest, as one operation.
---@param a any
---@param b any
---@param ... any
---@return number
function wb.max(a, b, ...) end

---aᵇ, the same as a ^ b.
---@param a any
---@param b any
---@return number
function wb.pow(a, b) end

---a·b + c, rounded once.
---@param a any
---@param b any
---@param c any
---@return number
function wb.fma(a, b, c) end

---x, but at least low and at most high.
---@param x any
---@param low any
---@param high any
---@return number
function wb.clamp(x, low, high) end

---a where the condition is true or a number other than 0, else b: one operation, no branch. Conditions that stay one operation are wb.less and its like.
---@param condition any
---@param a any
---@param b any
---@return number
function wb.where(condition, a, b) end

---1 where a < b, else 0.
---@param a any
---@param b any
---@return number
function wb.less(a, b) end

---1 where a ≤ b, else 0.
---@param a any
---@param b any
---@return number
function wb.less_equal(a, b) end

---1 where a > b, else 0.
---@param a any
---@param b any
---@return number
function wb.greater(a, b) end

---1 where a ≥ b, else 0.
---@param a any
---@param b any
---@return number
function wb.greater_equal(a, b) end

---1 where a equals b, else 0.
---@param a any
---@param b any
---@return number
function wb.equal(a, b) end

---1 where a does not equal b, else 0.
---@param a any
---@param b any
---@return number
function wb.not_equal(a, b) end

---Σ aᵢbᵢ.
---@param a any
---@param b any
---@return number
function wb.dot(a, b) end

---The sum of the components.
---@param x any
---@return number
function wb.sum(x) end

---The Euclidean norm, the square root of Σ xᵢ².
---@param x any
---@return number
function wb.norm2(x) end

---a == b, also between a traced value and a number, which `==` cannot see. For conditions: `if wb.eq(x, 0) then`.
---@param a any
---@param b any
---@return boolean
function wb.eq(a, b) end

---Makes an array of nested tables; rows must have equal lengths.
---@param values table numbers, or rows, or tables of rows; rows may be arrays
---@return array
function wb.array(values) end

---An array of zeros.
---@param ... any
---@return array
function wb.zeros(...) end

---An array of ones.
---@param ... any
---@return array
function wb.ones(...) end

---An array of one value.
---@param value number the value
---@param ... any
---@return array
function wb.full(value, ...) end

---Ones on the main diagonal, zeros elsewhere.
---@param n integer rows
---@param m? integer columns; without it as many as rows
---@return array
function wb.eye(n, m) end

---n equally spaced numbers from `start` to `stop`, both included.
---@param start number the first
---@param stop number the last
---@param n integer how many
---@return array
function wb.linspace(start, stop, n) end

---The numbers `first`, `first + step`, … up to `last`, as `for i = first, last, step` counts.
---@param first number where it starts
---@param last number included if the steps reach it
---@param step? number 1 by default; negative counts down
---@return array
function wb.range(first, last, step) end

---The arrays one after another along an axis.
---@param arrays table all extents but the axis's must be equal
---@param axis? integer 1 by default: rows after rows
---@return array
function wb.concat(arrays, axis) end

---Sorted ascending along the last axis, nan last.
---@param a array what to sort
---@return array
function wb.sort(a) end

---The matrix product. A one-dimensional first operand is a row, a second one a column; two of them give their dot product.
---@param a array n × k
---@param b array k × m
---@return array|number
function wb.matmul(a, b) end

---@class wb.load.options
---@field header? "auto"|boolean whether the first row names the columns; "auto": when one of its cells is no number (default "auto")
---@field missing? "error"|"skip"|"nan" what an empty cell is: an error with its line and column, a reason to leave out its row, or nan (default "error")
---@field delimiter? string what stands between cells; by default the most frequent of tab, ; and ,
---@field markers? table what stands for a missing value, instead of NA, N/A, #N/A, null and .

---Reads numbers by the file's extension: .csv, .tsv and .txt tables, whose header names the columns and whose dates become days since 1970-01-01; .npy arrays; .npz archives, as a table of arrays.
---@param path string the file
---@param options? wb.load.options
---@return array|table
function wb.load(path, options) end

---Writes an array (.npy, .csv, .tsv) or several by name (.npz, which NumPy reads). A relative path is one in the run's output directory.
---@param path string the file; it appears whole or not at all
---@param arrays array|table an array, or for .npz a table of named arrays
---@return string
function wb.save(path, arrays) end

---The date of a number of days since 1970-01-01, as "2021-04-08".
---@param days number as `wb.load` gives for a date; a fraction is dropped
---@return string
function wb.date(days) end

---The number of days from 1970-01-01 to a date.
---@param date string as "2021-04-08"
---@return integer
function wb.days(date) end

---@class wb.plot.options
---@field title? string above the plot
---@field xlabel? string under the x axis
---@field ylabel? string beside the y axis
---@field file? string where to: a name that ends in .png, .svg, .pdf or .txt
---@field xscale? "linear"|"log"|"date" date: days since 1970-01-01 (default "linear")
---@field yscale? "linear"|"log"|"date" the same for y (default "linear")
---@field xrange? table what the x axis shows; by default all
---@field yrange? table what the y axis shows; by default all
---@field legend? string|boolean "top left", "top right", "bottom left", "bottom right", "outside", or false; by default where it hides least
---@field size? table in points (default {760, 460})
---@field annotations? table words at points: { {x, y, "text"}, … }
---@field kind? string line, scatter, histogram, heatmap, band, errorbars, vectors, paths or fan (default "line")
---@field label? string its name in the legend; of a matrix y the start of the names
---@field color? string|integer "#1f77b4", "ink", or 1, 2, … of the palette; by default the next one
---@field width? number line width in points
---@field opacity? number from 0 to 1
---@field dashed? boolean for lines (default false)
---@field bins? integer of a histogram (default 50)
---@field range? table of a histogram; by default all the data
---@field density? boolean whether a histogram's area is 1; otherwise it shows counts (default false)
---@field probabilities? table of a fan: the probability of each row of quantiles

---Draws a figure to a file, or without `file` as text where `print` writes. A series is a table of its arrays and its options: `{x, y, label = "model"}`; a plot of one series may name its arrays at once: `wb.plot{x, y}`. What the arrays are depends on the kind: line and scatter take y, or x and y (a matrix y is one series a column); histogram the data, or edges and heights; band x, lower and upper; errorbars x, y and the error; heatmap the values, or x, y and the values, one row for each y; vectors x, y, dx and dy; paths x and one row for each path; fan x and the rows of quantiles, with `probabilities`.
---@param options wb.plot.options
---@return string
function wb.plot(options) end

---A value of the script that the command line can change: `--set name=value`. Its type is the default's.
---@param name string a word
---@param default number|boolean|string what it is when nothing is set
---@param doc? string what it means, for `workbench run script.lua --help`
---@return any
function wb.option(name, default, doc) end

---@class wb.record.options
---@field step? integer of what loop

---Keeps a result of the run under a name, step by step if need be. Nothing shows the records yet.
---@param name string what it is
---@param value number|boolean|string how it turned out
---@param options? wb.record.options
function wb.record(name, value, options) end

---The full path of a file that the script will write itself: a relative path leads into the run's output directory, whose folders are made.
---@param path string the file
---@return string
function wb.artifact(path) end

---Says how far the script is, i of n: a bar on a terminal, nothing elsewhere.
---@param i number what is done
---@param n number what there is to do
---@param label? string of what
function wb.progress(i, n, label) end

---Writes a line to the run's log: the text and the values after it, as `print` shows them. `wb.log(x, base)` of numbers, arrays and traced values is the logarithm, as `math.log`.
---@param text string what to say
---@param ... any
function wb.log(text, ...) end

---@class wb.sde.options
---@field name? string what it is called in messages and plots (default "sde")
---@field state? string[] names of the components: x.S beside x[1]
---@field dim? integer number of components, where they have no names (default 1)
---@field params? table parameters by name: numbers, lists of numbers, wb.learnable(…), or nets; the functions see them as p.name (default {})
---@field drift function returns the d components of the drift (required)
---@field diffusion function returns one value a component (one noise each) or d rows of m values (a matrix) (required)
---@field calculus? "ito"|"stratonovich" which integral is meant (default "ito")

---Defines the SDE dX = drift(X, t) dt + diffusion(X, t) dW. The functions are called once, with symbols, and compiled: plain if, loops with fixed bounds, helper functions and tables work; what cannot be compiled is refused with its line.
---@param options wb.sde.options
---@return SDE
function wb.sde(options) end

---@class wb.learnable.options
---@field lower? number smallest value (default -inf)
---@field upper? number largest value (default inf)
---@field positive? boolean the same as lower = 0 (default false)

---A parameter that wb.fit may change, with its start value and bounds.
---@param value number the start value
---@param options? wb.learnable.options
---@return learnable
function wb.learnable(value, options) end

---@class wb.solve.options
---@field x0 number|table|array|function where paths start: one state (a list, or by name as in {S=100, v=0.04}), an array with one row a path, or a function of draws such as rng:normal() that returns the state (required)
---@field t? table|number the span of time; a number is its end (default {0, 1})
---@field steps? integer number of steps; give this or dt
---@field dt? number length of a step; must divide the span into whole steps
---@field paths? integer number of paths (default 1)
---@field method? string a name that wb.methods() lists or that wb.solver made; "auto" picks by calculus and noise class (default "auto")
---@field seed? integer of the random numbers; --seed of the command line changes the default (default 1)
---@field save? "final"|"path"|any|table which states to keep: the end; the start and every step; n + 1 equally spaced times; or these times (between two steps they are interpolated linearly) (default "final")
---@field observe? table functions of the final state with one value each, averaged as paths finish: sol.observed
---@field precision? "double"|"single" the floating-point type (default "double")
---@field threads? integer threads; the result does not depend on it
---@field memory_limit? any states that need more are not stored: statistics are reduced as paths finish, quantiles by a sketch (default 2^29)

---Simulates paths of an SDE. Path i is a function of the seed and of i: not of how many paths there are, nor of threads; with twice the steps it is the same Brownian path, refined.
---@param sde SDE made by wb.sde
---@param options wb.solve.options
---@return Solution
function wb.solve(sde, options) end

---Lists the methods that come with the program.
---@return table
function wb.methods() end

---@class wb.solver.options
---@field name string what wb.solve calls it (required)
---@field step function returns the state after the step (required)
---@field calculus? "ito"|"stratonovich" which SDEs it solves (default "ito")

---Adds a method to this script. step(f, g, x, t, h, dW, n) returns the next state; f(x, t) and g(x, t) are the coefficients, dW the noise increments, n their number. The step is compiled like a drift, for each SDE it is used on. A method whose step returns something else than d components is refused there.
---@param options wb.solver.options
---@return string
function wb.solver(options) end

---@class wb.convergence.options
---@field x0 number|table the state the paths start from (required)
---@field exact? function the exact solution at time t on a path whose Brownian motion is W there; without it a solution 8 times finer than the finest level is the reference
---@field methods? string[] the methods to compare (default {"auto"})
---@field t? table|number the span of time (default {0, 1})
---@field steps? integer steps of the coarsest level (default 16)
---@field levels? integer number of levels; each halves the step (default 6)
---@field paths? integer number of paths, the same ones at every level (default 2000)
---@field seed? integer the random numbers (default 1)
---@field kind? "strong"|"weak" E|X − Xʰ|, or |E φ(X) − E φ(Xʰ)| (default "strong")
---@field test? function φ of the weak error; required for kind = "weak"
---@field threads? integer threads; the result does not depend on it

---Measures how the error at the end falls with the step: errors, and the fitted order, with 95 % bootstrap intervals over the paths. All levels run on the same Brownian paths, refined.
---@param sde SDE made by wb.sde
---@param options wb.convergence.options
---@return Convergence
function wb.convergence(sde, options) end

---@class wb.fit.options
---@field dt? number the time between observations; give this or times
---@field times? table the times of the observations, one list for all series or one for each
---@field method? string the transition density: "euler" (default "euler")
---@field starts? integer searches: the first from the given values, the others perturbed (default 8)
---@field seed? integer of the perturbations (default 1)
---@field threads? integer threads; the result does not depend on it

---Fits the parameters of an SDE to observed paths by maximum likelihood: those marked wb.learnable, or all numbers if none is. Standard errors are from the observed information.
---@param sde SDE made by wb.sde
---@param data array|table one row a time, one column a component; a list for many series
---@param options wb.fit.options
---@return Fit
function wb.fit(sde, data, options) end

---The score-matching losses: for each its name, title, formula (full form), options and source. The list prints as a table.
---@return table
function wb.losses() end

---@class wb.check.options
---@field n? integer of scores and losses: points drawn from the law, of losses in more than 16 dimensions fewer; of samples: rows for the energy distance (2000) (default 20000)
---@field seed? integer of what is drawn (default the run's)
---@field level? number the probability that something right is blamed, at most (default 0.01)
---@field tolerance? number of a score: the relative error that is right if no factor or shift explains it (default 0.1)
---@field sigma? number the noise in the data: a score is compared with that of noised data, and a Lua loss must be least there
---@field t? number the time that a score is called with, after x
---@field form? "full"|"half" of a Lua loss: the form that it should have
---@field process? process of a Lua loss that calls model(z, t): the process whose noise is in z; made by wb.diffusion
---@field time? "sigma" of a Lua loss that calls model(z, σ): that the time is the noise level
---@field predicts? "score"|"noise"|"data"|"velocity" of a Lua loss with process=: what its model gives (default "score")
---@field as? "score"|"loss"|"samples" what the thing is; a Lua function of one argument is a score, of two a loss

---Says what is wrong with a score, a loss or samples, by a law of wb.dist that is known. A score is a net or a function(x); it is compared with the true one, up to factors and shifts. A loss is one of wb.loss or a function(model, x); it must be least at the true score. Samples are an array with one sample a row, or a solution, whose final states are meant; two-sample tests compare them with the law.
---@param thing any what is checked
---@param oracle distribution the law of the data, or of the samples
---@param options? wb.check.options
---@return check
function wb.check(thing, oracle, options) end

---@class wb.train.options
---@field model? net what is trained, in place; required, unless parameters is an SDE
---@field data? array one sample a row; required, unless parameters is an SDE
---@field loss loss|function of one sample: made by wb.loss, or a function built from wb.jvp and others; of one path, where parameters is an SDE (required)
---@field steps integer how many steps; the most evaluations of lbfgs (required)
---@field batch? integer samples of a step; all rows with lbfgs (default 256, or all rows)
---@field optimizer? optimizer the rule of a step (default wb.optim.adam{})
---@field schedule? schedule|string of the learning rate, made by wb.optim (default "constant")
---@field parameters? SDE|table what is trained, where it is more than the model; or an SDE, by gradients through its solve: its nets and its numbers marked wb.learnable, or all numbers if there are neither (default the model)
---@field solve? table how the SDE is solved, as in wb.solve: {x0=, t=, steps= or dt=, paths=, method=, precision=}, where paths, 256 by default, are those of one training step
---@field ema? number decay of an average of the parameters, such as 0.999; the result is then the average
---@field clip_norm? number the largest norm of the gradient; longer ones are shortened to it
---@field clip_value? number the largest element of the gradient
---@field accumulation? integer batches whose mean gradient makes a step (default 1)
---@field validation? number|array a share of the data, or other data, that is not trained on; for an SDE a number of paths, the same each time (default none)
---@field validate_every? integer steps between validations (default steps / 20)
---@field patience? integer stop after so many validations without a better one
---@field checkpoint? string a .safetensors file: written at the end, when interrupted, and every so often
---@field checkpoint_every? integer steps between checkpoints (default steps / 10)
---@field resume? boolean go on from the checkpoint, bit for bit, if the file is there (default false)
---@field oracle? distribution the law of the data: gives the loss's floor
---@field seed? integer of batches and noise (default the run's)
---@field threads? integer threads; the result does not depend on it

---Trains a net. The loss is one of wb.loss or a Lua function(model, x), the loss of one sample. The net has the result when it returns: the best validated parameters, or the average (ema), or the last ones. With parameters = sde and solve = {…} it trains an SDE: the loss is a function(sol) of its paths, and run.model the SDE with the result.
---@param options wb.train.options
---@return training
function wb.train(options) end

---@class wb.steps.options
---@field model? net what is trained, in place; required, unless parameters is an SDE
---@field data? array one sample a row; required, unless parameters is an SDE
---@field loss loss|function of one sample: made by wb.loss, or a function built from wb.jvp and others; of one path, where parameters is an SDE (required)
---@field steps integer how many steps; the most evaluations of lbfgs (required)
---@field batch? integer samples of a step; all rows with lbfgs (default 256, or all rows)
---@field optimizer? optimizer the rule of a step (default wb.optim.adam{})
---@field schedule? schedule|string of the learning rate, made by wb.optim (default "constant")
---@field parameters? SDE|table what is trained, where it is more than the model; or an SDE, by gradients through its solve: its nets and its numbers marked wb.learnable, or all numbers if there are neither (default the model)
---@field solve? table how the SDE is solved, as in wb.solve: {x0=, t=, steps= or dt=, paths=, method=, precision=}, where paths, 256 by default, are those of one training step
---@field ema? number decay of an average of the parameters, such as 0.999; the result is then the average
---@field clip_norm? number the largest norm of the gradient; longer ones are shortened to it
---@field clip_value? number the largest element of the gradient
---@field accumulation? integer batches whose mean gradient makes a step (default 1)
---@field validation? number|array a share of the data, or other data, that is not trained on; for an SDE a number of paths, the same each time (default none)
---@field validate_every? integer steps between validations (default steps / 20)
---@field patience? integer stop after so many validations without a better one
---@field checkpoint? string a .safetensors file: written at the end, when interrupted, and every so often
---@field checkpoint_every? integer steps between checkpoints (default steps / 10)
---@field resume? boolean go on from the checkpoint, bit for bit, if the file is there (default false)
---@field oracle? distribution the law of the data: gives the loss's floor
---@field seed? integer of batches and noise (default the run's)
---@field threads? integer threads; the result does not depend on it

---The same training a step at a time: `for state in wb.steps{…} do … end`. A state has step, loss, stderr, gradient_norm, rate, validation and training; leaving the loop ends the training where it is.
---@param options wb.steps.options
---@return any
function wb.steps(options) end

---In the loss of wb.train{parameters = sde, …}, the mean over the paths, which losses of a law are made of: (wb.mean(sol.x) - 2)^2. Of an array, the mean of its elements.
---@param x any|array a value of each path, or an array
---@return number
function wb.mean(x) end

---@class wb.trace.options
---@field inputs? integer components of x (default 1)

---Compiles a function of numbers or of a vector. The result prints as mathematics and can be called with a number, a list, or an array with one row for each evaluation; random numbers in it take {seed=} there.
---@param f function called once, with symbols
---@param options? wb.trace.options
---@return compiled_function
function wb.trace(f, options) end

---The value of f and its derivative along v, in one pass forwards: J is the Jacobian of f at x.
---@param f function called with stand-ins for numbers; plain Lua control flow works
---@param x any|array where; an array with two axes has one point a row
---@param v number|vector the direction, with the components of x
---@return any
---@return any
function wb.jvp(f, x, v) end

---The value of f and the gradient of u·f, in one pass backwards, whatever the number of components of x.
---@param f function called with stand-ins for numbers; plain Lua control flow works
---@param x any|array where; an array with two axes has one point a row
---@param u number|vector the weights, with the components of f(x)
---@return any
---@return any
function wb.vjp(f, x, u) end

---The gradient of a function with one number as its value, with the shape of x; for a number x the derivative.
---@param f function called with stand-ins for numbers; plain Lua control flow works
---@param x any|array where; an array with two axes has one point a row
---@return any
function wb.grad(f, x) end

---The matrix of the derivatives, J[i][j] = ∂fᵢ/∂xⱼ.
---@param f function called with stand-ins for numbers; plain Lua control flow works
---@param x any|array where; an array with two axes has one point a row
---@return any
function wb.jacobian(f, x) end

---The product of the matrix of second derivatives of a function with one number as its value and a vector: the derivative of the gradient along v. The matrix itself is never made.
---@param f function called with stand-ins for numbers; plain Lua control flow works
---@param x any|array where; an array with two axes has one point a row
---@param v number|vector with the components of x
---@return any
function wb.hessian_vector(f, x, v) end

---@class wb.divergence.options
---@field method? "exact"|"hutchinson" how (default "exact")
---@field distribution? "rademacher"|"gaussian"|"sphere" of the probes; sphere: of radius √d (default "rademacher")
---@field probes? integer random vectors for each point (default 1)
---@field seed? integer of the probes for an array; traced functions have their own (default the run's)

---The divergence of a vector field, the trace of its Jacobian. Exactly, it costs a derivative for each component; "hutchinson" costs one for each probe and is right on average: the mean of v·J·v over random v.
---@param f function called with stand-ins for numbers; plain Lua control flow works
---@param x any|array where; an array with two axes has one point a row
---@param options? wb.divergence.options
---@return any
function wb.divergence(f, x, options) end

---x itself, taken as constant by every derivative.
---@param x number|vector
---@return any
function wb.stop_gradient(x) end

---@class wb.normal_like.options
---@field seed? integer outside of traced functions, where it is required: the same seed gives the same numbers

---Independent standard normal numbers, as many as x has components. In traced functions every path or row has its own, and every call gives others. Elsewhere they are a function of seed, and an array with two axes gets one vector a row.
---@param x any|array what it shall be like
---@param options? wb.normal_like.options
---@return vector
function wb.normal_like(x, options) end

---@class wb.rademacher_like.options
---@field seed? integer outside of traced functions, where it is required: the same seed gives the same numbers

---Independent numbers that are −1 or 1 with equal chances, as many as x has components. In traced functions every path or row has its own, and every call gives others. Elsewhere they are a function of seed, and an array with two axes gets one vector a row.
---@param x any|array what it shall be like
---@param options? wb.rademacher_like.options
---@return vector
function wb.rademacher_like(x, options) end

---@class wb.sphere_like.options
---@field seed? integer outside of traced functions, where it is required: the same seed gives the same numbers

---A point of the sphere of radius √d in d dimensions, uniformly, as many as x has components. In traced functions every path or row has its own, and every call gives others. Elsewhere they are a function of seed, and an array with two axes gets one vector a row.
---@param x any|array what it shall be like
---@param options? wb.sphere_like.options
---@return vector
function wb.sphere_like(x, options) end

---@class wb.uniform.options
---@field seed? integer outside of traced functions, where it is required: the same seed gives the same numbers

---A random number between 0 and 1. In traced functions every path or row has its own, and every call gives another. Elsewhere it is a function of seed.
---@param options? wb.uniform.options
---@return number
function wb.uniform(options) end

---Score-matching losses. Each is made by its constructor and called with a model and data, or, inside a traced function, with a model and one sample. The full form has no factor, the half form a ½.
wb.loss = {}

---@class wb.loss.esm.options
---@field score? function|distribution the known score s*
---@field form? "full"|"half" without the factor ½, or with it (default "full")

---Explicit score matching: E‖s(x) − s*(x)‖² (Hyvärinen 2005).
---@param options wb.loss.esm.options
---@return loss
function wb.loss.esm(options) end

---@class wb.loss.ism.options
---@field form? "full"|"half" without the factor ½, or with it (default "full")

---Implicit score matching: E[‖s‖² + 2 tr ∂s/∂x] (Hyvärinen 2005).
---@param options wb.loss.ism.options
---@return loss
function wb.loss.ism(options) end

---@class wb.loss.ssm.options
---@field projections? integer random directions a sample (default 1)
---@field distribution? "rademacher"|"gaussian"|"sphere" the law of the directions; the sphere has the radius √d (default "rademacher")
---@field variance_reduced? boolean the form with ‖s‖² for (v's)²: ssm_vr (default false)
---@field form? "full"|"half" without the factor ½, or with it (default "full")

---Sliced score matching: E[2 v'(∂s/∂x)v + (v's)²] (Song et al. 2019).
---@param options wb.loss.ssm.options
---@return loss
function wb.loss.ssm(options) end

---@class wb.loss.ssm_vr.options
---@field projections? integer random directions a sample (default 1)
---@field distribution? "rademacher"|"gaussian"|"sphere" the law of the directions; the sphere has the radius √d (default "rademacher")
---@field form? "full"|"half" without the factor ½, or with it (default "full")

---Sliced score matching, variance reduced: E[2 v'(∂s/∂x)v + ‖s‖²] (Song et al. 2019).
---@param options wb.loss.ssm_vr.options
---@return loss
function wb.loss.ssm_vr(options) end

---@class wb.loss.fd_ssm.options
---@field epsilon? number the length ε of the step (default 0.05 × the data's standard deviation)
---@field projections? integer random directions a sample (default 1)
---@field distribution? "rademacher"|"gaussian"|"sphere" the law of the directions; the sphere has the radius √d (default "rademacher")
---@field form? "full"|"half" without the factor ½, or with it (default "full")

---Sliced score matching by finite differences: E[¼‖s(x + h) + s(x − h)‖² + (d/ε²)(s(x + h) − s(x − h))·h], h = εv/√d (Pang et al. 2020).
---@param options wb.loss.fd_ssm.options
---@return loss
function wb.loss.fd_ssm(options) end

---@class wb.loss.dsm.options
---@field sigma? number one noise level σ (with α = 1)
---@field sigmas? number|table or a ladder of noise levels, one drawn for each sample and given to the model
---@field process? process or a process: a time is drawn for each sample and given to the model
---@field weighting? "sigma2"|"uniform"|"likelihood"|"x0"|"v" what the squared error is weighted to: sigma2 ‖e − ê‖², uniform ‖s − ŝ‖², likelihood g²‖s − ŝ‖², x0 ‖x − x̂‖², v ‖v − v̂‖² (default "uniform" for sigma, "sigma2" otherwise)
---@field importance? boolean draw t uniform in γ = ln(σ²/α²) and divide the weight by its density (default true for the weighting "likelihood")
---@field stratified? boolean spread the times evenly over the samples (default true)
---@field form? "full"|"half" without the factor ½, or with it (default "full")

---Denoising score matching: E w‖s(z) + e/σ‖², z = αx + σe (Vincent 2011; Song & Ermon 2019; Song et al. 2021).
---@param options wb.loss.dsm.options
---@return loss
function wb.loss.dsm(options) end

---@class wb.loss.ddpm.options
---@field process? process the forward process
---@field weighting? "sigma2"|"uniform"|"likelihood"|"x0"|"v" what the squared error is weighted to: sigma2 ‖e − ê‖², uniform ‖s − ŝ‖², likelihood g²‖s − ŝ‖², x0 ‖x − x̂‖², v ‖v − v̂‖² (default "sigma2")
---@field importance? boolean draw t uniform in γ = ln(σ²/α²) and divide the weight by its density (default true for the weighting "likelihood")
---@field stratified? boolean spread the times evenly over the samples (default true)
---@field form? "full"|"half" without the factor ½, or with it (default "full")

---Noise prediction: E w‖e − ê(z, t)‖² (Ho et al. 2020).
---@param options wb.loss.ddpm.options
---@return loss
function wb.loss.ddpm(options) end

---@class wb.loss.x0.options
---@field process? process the forward process
---@field weighting? "sigma2"|"uniform"|"likelihood"|"x0"|"v" what the squared error is weighted to: sigma2 ‖e − ê‖², uniform ‖s − ŝ‖², likelihood g²‖s − ŝ‖², x0 ‖x − x̂‖², v ‖v − v̂‖² (default "x0")
---@field importance? boolean draw t uniform in γ = ln(σ²/α²) and divide the weight by its density (default true for the weighting "likelihood")
---@field stratified? boolean spread the times evenly over the samples (default true)
---@field form? "full"|"half" without the factor ½, or with it (default "full")

---Data prediction: E w‖x − x̂(z, t)‖² (Ho et al. 2020; Karras et al. 2022).
---@param options wb.loss.x0.options
---@return loss
function wb.loss.x0(options) end

---@class wb.loss.v.options
---@field process? process the forward process
---@field weighting? "sigma2"|"uniform"|"likelihood"|"x0"|"v" what the squared error is weighted to: sigma2 ‖e − ê‖², uniform ‖s − ŝ‖², likelihood g²‖s − ŝ‖², x0 ‖x − x̂‖², v ‖v − v̂‖² (default "v")
---@field importance? boolean draw t uniform in γ = ln(σ²/α²) and divide the weight by its density (default true for the weighting "likelihood")
---@field stratified? boolean spread the times evenly over the samples (default true)
---@field form? "full"|"half" without the factor ½, or with it (default "full")

---Velocity prediction: E w‖αe − σx − v̂(z, t)‖² (Salimans & Ho 2022).
---@param options wb.loss.v.options
---@return loss
function wb.loss.v(options) end

---@class wb.loss.edm.options
---@field sigma_data? number σ_d of the preconditioning; sampling needs the same (default the data's standard deviation)
---@field p_mean? number the mean of ln σ (default -1.2)
---@field p_std? number the standard deviation of ln σ (default 1.2)
---@field form? "full"|"half" without the factor ½, or with it (default "full")

---EDM's preconditioned denoiser: E λ‖D(z, σ) − x‖² = E‖F − F*‖², ln σ ~ N(p_mean, p_std²) (Karras et al. 2022).
---@param options wb.loss.edm.options
---@return loss
function wb.loss.edm(options) end

---@class wb.loss.bounded.options
---@field lower? number|table the lower bounds, one number or one a component (default 0)
---@field upper? number|table the upper bounds (default 1)
---@field boundary? "weighted"|"uniform"|"periodic" what is done about the surface: weights h that vanish there; the surface term of data uniform along each axis; or a torus (default "weighted")
---@field cap? number the greatest weight: h = min(distance to the boundary, cap)
---@field form? "full"|"half" without the factor ½, or with it (default "full")

---Implicit score matching on a box: E Σ hᵢsᵢ² + 2 ∂ᵢ(hᵢsᵢ), or E[‖s‖² + 2 div s] − 2∮ p s·n (Hyvärinen 2007; Yu, Drton & Shojaie 2022).
---@param options wb.loss.bounded.options
---@return loss
function wb.loss.bounded(options) end

---Forward processes that turn data into noise: z = alpha(t) x + sigma(t) e, with e standard normal and t running from the data to noise.
wb.diffusion = {}

---@class wb.diffusion.vp.options
---@field beta_min? number the rate at t = 0 (default 0.1)
---@field beta_max? number the rate at t = 1 (default 20.0)

---The variance preserving process: α² = e^{−B}, σ² = 1 − e^{−B} (Song et al. 2021).
---@param options wb.diffusion.vp.options
---@return process
function wb.diffusion.vp(options) end

---@class wb.diffusion.ve.options
---@field sigma_min? number the noise scale s(0) (default 0.01)
---@field sigma_max? number the noise scale s(1) (default 50.0)

---The variance exploding process: α = 1, σ² = σ_min²((σ_max/σ_min)^{2t} − 1) (Song et al. 2021).
---@param options wb.diffusion.ve.options
---@return process
function wb.diffusion.ve(options) end

---@class wb.diffusion.subvp.options
---@field beta_min? number the rate at t = 0 (default 0.1)
---@field beta_max? number the rate at t = 1 (default 20.0)

---The sub-variance-preserving process: α² = e^{−B}, σ = 1 − e^{−B} (Song et al. 2021).
---@param options wb.diffusion.subvp.options
---@return process
function wb.diffusion.subvp(options) end

---@class wb.diffusion.cosine.options
---@field offset? number s, which keeps the first steps' noise from vanishing (default 0.008)

---The cosine process: α² = cos²θ(t)/cos²θ(0), σ² = 1 − α², θ = (π/2)(t + s)/(1 + s) (Nichol & Dhariwal 2021).
---@param options wb.diffusion.cosine.options
---@return process
function wb.diffusion.cosine(options) end

---@class wb.diffusion.edm.options
---@field sigma_min? number the least noise level (default 0.002)
---@field sigma_max? number the greatest noise level (default 80.0)

---The EDM process: α = 1, σ = t (Karras et al. 2022).
---@param options wb.diffusion.edm.options
---@return process
function wb.diffusion.edm(options) end

---@class wb.diffusion.ou.options
---@field theta? number θ, the rate of return to 0 (default 1.0)
---@field sigma? number s, the noise (default 1.4142135623730951)
---@field end? number the last time (default 5.0)

---The Ornstein–Uhlenbeck process: α = e^{−θt}, σ² = (s²/2θ)(1 − e^{−2θt}) (Uhlenbeck & Ornstein 1930).
---@param options wb.diffusion.ou.options
---@return process
function wb.diffusion.ou(options) end

---Nets: functions with parameters, for drifts, losses and anything else that is traced. They begin with random values, as PyTorch's do, and are saved as safetensors files.
wb.nn = {}

---@class wb.nn.mlp.options
---@field inputs integer components of x (required)
---@field outputs? integer components of the value (default inputs)
---@field hidden? integer[] widths of the hidden layers (default {64, 64})
---@field activation? "silu"|"relu"|"tanh"|"sigmoid"|"softplus"|"gelu"|"elu"|"leaky_relu"|"sin"|"cos"|"atan"|"erf"|"exp"|"identity" between the layers (default "silu")
---@field residual? boolean h + layer(h) where widths are equal (default false)
---@field layer_norm? boolean normalise before each activation (default false)
---@field time? "none"|"concat"|"fourier"|"log_fourier"|"sinusoidal" how the net takes a time: as one more input, or by sines and cosines, which condition every layer (default "none")
---@field time_features? integer sines and cosines of the time, an even number (default 64)
---@field time_scale? number of the frequencies: what the time is multiplied by (default 1, sinusoidal 1000)
---@field time_width? integer width of the embedding of the time (default 64)
---@field conditioning? "add"|"scale_shift" what the time does in each layer (default "add")
---@field output_scale? string|table "learned": times exp(s); "learned_in_time": times exp(s(t)); "inverse_time": divided by t; {a, b}: divided by σ(t) = a (b/a)^t (default "none")
---@field init? "kaiming_uniform"|"kaiming_normal"|"xavier_uniform"|"xavier_normal"|"orthogonal"|"normal"|"zeros" how weights begin, by PyTorch's names; kaiming_uniform is nn.Linear's default (default "kaiming_uniform")
---@field output_init? "kaiming_uniform"|"kaiming_normal"|"xavier_uniform"|"xavier_normal"|"orthogonal"|"normal"|"zeros" the same for the last layer (default as init)
---@field gain? number scales the initial weights, as torch.nn.init.calculate_gain (default by activation)
---@field seed? integer of the values to begin with; --seed of the command line changes the default (default 1)
---@field precision? "single"|"double" how parameters are kept and trained (default "single")

---Linear layers with an activation between them, optionally residual, normalised, and conditioned on a time in every layer.
---@param options wb.nn.mlp.options
---@return net
function wb.nn.mlp(options) end

---@class wb.nn.energy.options
---@field inputs integer components of x (required)
---@field hidden? integer[] widths of the hidden layers (default {64, 64})
---@field activation? "silu"|"relu"|"tanh"|"sigmoid"|"softplus"|"gelu"|"elu"|"leaky_relu"|"sin"|"cos"|"atan"|"erf"|"exp"|"identity" between the layers (default "silu")
---@field residual? boolean h + layer(h) where widths are equal (default false)
---@field layer_norm? boolean normalise before each activation (default false)
---@field time? "none"|"concat"|"fourier"|"log_fourier"|"sinusoidal" how the net takes a time: as one more input, or by sines and cosines, which condition every layer (default "none")
---@field time_features? integer sines and cosines of the time, an even number (default 64)
---@field time_scale? number of the frequencies: what the time is multiplied by (default 1, sinusoidal 1000)
---@field time_width? integer width of the embedding of the time (default 64)
---@field conditioning? "add"|"scale_shift" what the time does in each layer (default "add")
---@field output_scale? string|table "learned": times exp(s); "learned_in_time": times exp(s(t)); "inverse_time": divided by t; {a, b}: divided by σ(t) = a (b/a)^t (default "none")
---@field init? "kaiming_uniform"|"kaiming_normal"|"xavier_uniform"|"xavier_normal"|"orthogonal"|"normal"|"zeros" how weights begin, by PyTorch's names; kaiming_uniform is nn.Linear's default (default "kaiming_uniform")
---@field output_init? "kaiming_uniform"|"kaiming_normal"|"xavier_uniform"|"xavier_normal"|"orthogonal"|"normal"|"zeros" the same for the last layer (default as init)
---@field gain? number scales the initial weights, as torch.nn.init.calculate_gain (default by activation)
---@field seed? integer of the values to begin with; --seed of the command line changes the default (default 1)
---@field precision? "single"|"double" how parameters are kept and trained (default "single")

---The score of an energy: the net's value is −∇E(x) for an MLP E with one output, found by differentiation. net:energy(x) is E itself.
---@param options wb.nn.energy.options
---@return net
function wb.nn.energy(options) end

---@class wb.nn.linear.options
---@field inputs integer components of x (required)
---@field outputs integer components of the value (required)
---@field bias? boolean whether b is added (default true)
---@field init? "kaiming_uniform"|"kaiming_normal"|"xavier_uniform"|"xavier_normal"|"orthogonal"|"normal"|"zeros" how weights begin, by PyTorch's names; kaiming_uniform is nn.Linear's default (default "kaiming_uniform")
---@field seed? integer of the values to begin with; --seed of the command line changes the default (default 1)
---@field precision? "single"|"double" how parameters are kept and trained (default "single")

---W x + b, as PyTorch's nn.Linear.
---@param options wb.nn.linear.options
---@return net
function wb.nn.linear(options) end

---@class wb.nn.monotone.options
---@field width? integer hidden units (default 1024)
---@field gamma_min? number the value at 0 (default -13.3)
---@field gamma_max? number the value at 1 (default 5)
---@field learn_ends? boolean whether these two are trained too (default false)
---@field seed? integer of the values to begin with; --seed of the command line changes the default (default 1)
---@field precision? "single"|"double" how parameters are kept and trained (default "single")

---A function of one number that grows from gamma_min at 0 to gamma_max at 1, whatever its parameters: a noise schedule γ(t) = ln(σ²/α²) that can be learned.
---@param options wb.nn.monotone.options
---@return net
function wb.nn.monotone(options) end

---@class wb.nn.custom.options
---@field parameters table by name: a shape such as {2, 3} or {3}, an array or number with the values to begin with; matrices begin by init, vectors of a shape at 0 (required)
---@field forward function returns the value: a number, a vector or a list (required)
---@field inputs integer components of x; with one, x is a number (required)
---@field time? boolean whether the net takes a time (default false)
---@field init? "kaiming_uniform"|"kaiming_normal"|"xavier_uniform"|"xavier_normal"|"orthogonal"|"normal"|"zeros" how weights begin, by PyTorch's names; kaiming_uniform is nn.Linear's default (default "kaiming_uniform")
---@field seed? integer of the values to begin with; --seed of the command line changes the default (default 1)
---@field precision? "single"|"double" how parameters are kept and trained (default "single")

---A net whose function is written in Lua. forward(p, x, t) is called once, with symbols: p.name is a parameter (a number, a vector, or a matrix w with rows w[i] and products wb.matmul(w, x)), x the value, t the time if the net takes one. It may call other nets.
---@param options wb.nn.custom.options
---@return net
function wb.nn.custom(options) end

---The net of a safetensors file that net:save wrote, with its architecture and its values.
---@param path string the file
---@return net
function wb.nn.load(path) end

---Optimizers, and schedules of the learning rate, for wb.train. The defaults are PyTorch's.
wb.optim = {}

---@class wb.optim.sgd.options
---@field lr? number learning rate (default 0.001)
---@field momentum? number how much of the last velocity is kept (default 0)
---@field dampening? number how much less of the gradient enters the velocity (default 0)
---@field weight_decay? number added to the gradient, times the parameter (default 0)
---@field nesterov? boolean look ahead along the velocity (default false)

---Stochastic gradient descent: v = momentum*v + (1 - dampening)*g, p = p - lr*v; nesterov takes g + momentum*v instead of v. (Sutskever, Martens, Dahl & Hinton, ICML 2013; as PyTorch's SGD)
---@param options wb.optim.sgd.options
---@return optimizer
function wb.optim.sgd(options) end

---@class wb.optim.adam.options
---@field lr? number learning rate (default 0.001)
---@field beta1? number how much of the gradient's running mean is kept (default 0.9)
---@field beta2? number how much of the square's running mean is kept (default 0.999)
---@field eps? number added to the root, against division by 0 (default 1e-08)
---@field weight_decay? number added to the gradient, times the parameter (default 0)

---Adam: Steps by the running mean of the gradient over the root of that of its square, both bias-corrected. (Kingma & Ba, ICLR 2015; as PyTorch's Adam)
---@param options wb.optim.adam.options
---@return optimizer
function wb.optim.adam(options) end

---@class wb.optim.adamw.options
---@field lr? number learning rate (default 0.001)
---@field beta1? number how much of the gradient's running mean is kept (default 0.9)
---@field beta2? number how much of the square's running mean is kept (default 0.999)
---@field eps? number added to the root, against division by 0 (default 1e-08)
---@field weight_decay? number parameters shrink by lr times this each step (default 0.01)

---AdamW: Adam, and parameters shrink by lr*weight_decay of themselves each step, apart from the gradient. (Loshchilov & Hutter, ICLR 2019; as PyTorch's AdamW)
---@param options wb.optim.adamw.options
---@return optimizer
function wb.optim.adamw(options) end

---@class wb.optim.lion.options
---@field lr? number learning rate; three to ten times smaller than Adam's (default 0.0001)
---@field beta1? number how much of the momentum enters the step (default 0.9)
---@field beta2? number how much of the momentum is kept (default 0.99)
---@field weight_decay? number parameters shrink by lr times this each step (default 0)

---Lion: p = (1 - lr*weight_decay)*p - lr*sign(beta1*m + (1 - beta1)*g), then m = beta2*m + (1 - beta2)*g. (Chen et al., NeurIPS 2023, alg. 2)
---@param options wb.optim.lion.options
---@return optimizer
function wb.optim.lion(options) end

---@class wb.optim.adafactor.options
---@field lr? number learning rate: the largest relative step (default 0.01)
---@field decay_power? number the mean of squares keeps 1 - t^(-decay_power) in step t (default 0.8)
---@field eps1? number added to squares of the gradient (default 1e-30)
---@field eps2? number the least size of parameters that a step is relative to (default 0.001)
---@field clip? number the largest root mean square of a tensor's step, before the rate (default 1)
---@field relative_step? boolean the rate of step t is at most 1/sqrt(t) (default true)
---@field scale_parameter? boolean steps are relative to the root mean square of the tensor (default true)
---@field weight_decay? number parameters shrink by lr times this each step (default 0)

---Adafactor: Steps by the gradient over the root of its running mean square, which a matrix remembers by rows and columns only: n + m numbers, not n*m. Steps are relative to the size of the parameters, and bounded. (Shazeer & Stern, ICML 2018, alg. 4 and 5; weight decay as PyTorch's Adafactor)
---@param options wb.optim.adafactor.options
---@return optimizer
function wb.optim.adafactor(options) end

---@class wb.optim.lbfgs.options
---@field memory? integer changes of the gradient that are remembered (default 10)
---@field gtol? number converged when no element of the gradient is larger (default 1e-07)
---@field ftol? number converged when a step changes the loss by less than this share; 0 for never (default 1e-14)
---@field xtol? number converged when a step changes each parameter by less than this share; 0 for never (default 0)

---L-BFGS: Finds the minimum of a loss over all data with the same random numbers at each step: for small problems. `steps` is the most evaluations; batches, schedules and averages have no meaning with it and are refused. Best in double precision. (Liu & Nocedal, Math. Programming 45 (1989) 503; NLopt's LD_LBFGS)
---@param options wb.optim.lbfgs.options
---@return optimizer
function wb.optim.lbfgs(options) end

---Constant: rate = lr. ()
---@param options any
---@return schedule
function wb.optim.constant(options) end

---@class wb.optim.step.options
---@field every integer steps from one drop to the next (required)
---@field factor? number what the rate is multiplied by (default 0.1)

---Step: rate = lr*factor^floor(step/every). (as PyTorch's StepLR)
---@param options wb.optim.step.options
---@return schedule
function wb.optim.step(options) end

---@class wb.optim.cosine.options
---@field final? number the last rate, as a share of lr (default 0)

---Cosine: From lr to final*lr along half a cosine over all steps. (Loshchilov & Hutter, ICLR 2017; as PyTorch's CosineAnnealingLR)
---@param options wb.optim.cosine.options
---@return schedule
function wb.optim.cosine(options) end

---@class wb.optim.warmup.options
---@field warmup integer steps until the rate is lr (required)

---Linear warm-up: rate = lr*(step + 1)/warmup up to lr, and lr from then on. (Goyal et al., arXiv 1706.02677, §2.2)
---@param options wb.optim.warmup.options
---@return schedule
function wb.optim.warmup(options) end

---@class wb.optim.warmup_cosine.options
---@field warmup integer steps until the rate is lr (required)
---@field final? number the last rate, as a share of lr (default 0)

---Warm-up and cosine: Linear warm-up to lr, then half a cosine over the steps that are left. (Loshchilov & Hutter, ICLR 2017, after a linear warm-up)
---@param options wb.optim.warmup_cosine.options
---@return schedule
function wb.optim.warmup_cosine(options) end

---@class wb.optim.one_cycle.options
---@field rise? number the share of the steps in which the rate rises (default 0.3)
---@field div? number lr over the first rate (default 25)
---@field final_div? number the first rate over the last (default 10000)

---One cycle: Up from lr/div to lr, then down to lr/(div*final_div), along half cosines. (Smith & Topin, arXiv 1708.07120; as PyTorch's OneCycleLR)
---@param options wb.optim.one_cycle.options
---@return schedule
function wb.optim.one_cycle(options) end

---Distances between two samples, each with what it would be between samples of one law. Rows must be independent draws.
wb.distance = {}

---@class wb.distance.energy.options
---@field permutations? integer of the pooled rows, for p-value and floor; at least 20 (default 200)
---@field seed? integer of all that is drawn (default 1)
---@field threads? integer threads; the result does not depend on it

---The energy distance 2 E|a − b| − E|a − a′| − E|b − b′|, with Euclidean norms: at least 0, and of the laws 0 only where they are equal. It has no settings and is the one to begin with.
---@param a array one sample: a row a draw, a column a component; or one number a draw
---@param b array the other sample, with the same columns
---@param options wb.distance.energy.options
---@return Distance
function wb.distance.energy(a, b, options) end

---@class wb.distance.mmd.options
---@field kernel? "gaussian"|"laplace"|"rational_quadratic"|"polynomial" the kernel (default "gaussian")
---@field bandwidth? number|table σ; of several the kernel is the mean. Without it the median distance between the pooled rows
---@field alpha? number α of the rational quadratic kernel (default 1)
---@field degree? integer of the polynomial kernel (default 3)
---@field permutations? integer of the pooled rows, for p-value and floor; at least 20 (default 200)
---@field seed? integer of all that is drawn (default 1)
---@field threads? integer threads; the result does not depend on it

---The squared maximum mean discrepancy by its unbiased estimator, which is about 0 for samples of one law and may be negative. With r = |x − y| and bandwidth σ the kernel is exp(−r²/(2σ²)), exp(−r/σ), (1 + r²/(2ασ²))^−α or (x·y/d + 1)^degree; the last with degree 3 is the kernel inception distance.
---@param a array one sample: a row a draw, a column a component; or one number a draw
---@param b array the other sample, with the same columns
---@param options wb.distance.mmd.options
---@return Distance
function wb.distance.mmd(a, b, options) end

---@class wb.distance.wasserstein.options
---@field p? any the order (default 1)
---@field permutations? integer of the pooled rows, for p-value and floor; at least 20 (default 200)
---@field seed? integer of all that is drawn (default 1)
---@field threads? integer threads; the result does not depend on it

---The Wasserstein distance of order p between samples of one column, exact, also for different numbers of rows.
---@param a array one sample: a row a draw, a column a component; or one number a draw
---@param b array the other sample, with the same columns
---@param options wb.distance.wasserstein.options
---@return Distance
function wb.distance.wasserstein(a, b, options) end

---@class wb.distance.sliced_wasserstein.options
---@field p? any the order (default 2)
---@field projections? integer directions, uniform on the sphere (default 128)
---@field permutations? integer of the pooled rows, for p-value and floor; at least 20 (default 200)
---@field seed? integer of all that is drawn (default 1)
---@field threads? integer threads; the result does not depend on it

---The sliced Wasserstein distance: the mean over random directions of the one-dimensional distance to the power p, to the power 1/p. O(n log n), for any number of columns.
---@param a array one sample: a row a draw, a column a component; or one number a draw
---@param b array the other sample, with the same columns
---@param options wb.distance.sliced_wasserstein.options
---@return Distance
function wb.distance.sliced_wasserstein(a, b, options) end

---@class wb.distance.w2.options
---@field permutations? integer of the pooled rows, for p-value and floor; at least 20 (default 50)
---@field seed? integer of all that is drawn (default 1)
---@field threads? integer threads; the result does not depend on it

---The Wasserstein distance of order 2, exact, by assigning the rows of one sample to those of the other: samples of equal size, at most 2000 rows. Each permutation is an assignment problem of its own.
---@param a array one sample: a row a draw, a column a component; or one number a draw
---@param b array the other sample, with the same columns
---@param options wb.distance.w2.options
---@return Distance
function wb.distance.w2(a, b, options) end

---@class wb.distance.sinkhorn.options
---@field epsilon? number the regularisation, times the median squared distance between rows (default 0.05)
---@field debiased? boolean whether transport to themselves is subtracted (default true)
---@field tolerance? number how far off the marginals may be in all, of 1 (default 1e-4)
---@field iterations? integer at most so many at the final epsilon; the result says if they did not do (default 1000)
---@field permutations? integer of the pooled rows, for p-value and floor; at least 20 (default 50)
---@field seed? integer of all that is drawn (default 1)
---@field threads? integer threads; the result does not depend on it

---The root of the Sinkhorn divergence for squared distances: entropic transport, less the samples' transport to themselves. As epsilon falls it becomes w2, and slow. At most 2000 rows a sample.
---@param a array one sample: a row a draw, a column a component; or one number a draw
---@param b array the other sample, with the same columns
---@param options wb.distance.sinkhorn.options
---@return Distance
function wb.distance.sinkhorn(a, b, options) end

---@class wb.distance.ks.options
---@field permutations? integer of the pooled rows, for p-value and floor; at least 20 (default 200)
---@field seed? integer of all that is drawn (default 1)
---@field threads? integer threads; the result does not depend on it

---The two-sample Kolmogorov-Smirnov statistic, the greatest difference of the distribution functions; of several columns the greatest of theirs. Of one column the p-value is exact up to na · nb = 10⁸.
---@param a array one sample: a row a draw, a column a component; or one number a draw
---@param b array the other sample, with the same columns
---@param options wb.distance.ks.options
---@return Distance
function wb.distance.ks(a, b, options) end

---@class wb.distance.c2st.options
---@field neighbours? integer k; without it the root of the number of rows in both samples
---@field permutations? integer of the pooled rows, for p-value and floor; at least 20 (default 200)
---@field seed? integer of all that is drawn (default 1)
---@field threads? integer threads; the result does not depend on it

---The classifier two-sample test: how often the k nearest neighbours of a row, itself left out, tell which sample it is of (balanced accuracy). ½ for samples of one law, 1 where they are apart.
---@param a array one sample: a row a draw, a column a component; or one number a draw
---@param b array the other sample, with the same columns
---@param options wb.distance.c2st.options
---@return Distance
function wb.distance.c2st(a, b, options) end

---Probability laws with known density, score and entropy: oracles for losses, nets and samplers.
wb.dist = {}

---@class wb.dist.gaussian.options
---@field mean? number|table the mean (default 0)
---@field std? number|table standard deviations of independent components (default 1)
---@field cov? matrix the covariance, instead of std
---@field dim? integer dimensions, where no option has one number for each

---The normal law; standard normal without options.
---@param options wb.dist.gaussian.options
---@return distribution
function wb.dist.gaussian(options) end

---@class wb.dist.gaussian_mixture.options
---@field means array one row a component (required)
---@field stds? number|table|array standard deviations: one for all, one a component, or a row of one a dimension for each
---@field covs? array|table covariances: one for all, or one a component
---@field weights? table the components' probabilities, with sum 1 (default equal)

---A mixture of normal laws. Its score and log-density are those of the log-sum-exp form, exact far from all means.
---@param options wb.dist.gaussian_mixture.options
---@return distribution
function wb.dist.gaussian_mixture(options) end

---@class wb.dist.student_t.options
---@field dof number degrees of freedom, above 0 (required)
---@field loc? number|table the location (default 0)
---@field scale? number|table the scales of the components (default 1)
---@field shape? matrix L Lᵀ, instead of scale
---@field dim? integer dimensions, where no option has one number for each

---The multivariate t law: loc + L z sqrt(dof / w) with z standard normal, w chi-squared with dof degrees of freedom and L the scale.
---@param options wb.dist.student_t.options
---@return distribution
function wb.dist.student_t(options) end

---@class wb.dist.uniform.options
---@field low? number|table the lower corner (default 0)
---@field high? number|table the upper corner (default 1)
---@field dim? integer dimensions, where no option has one number for each

---The uniform law on a box. Outside its score is NaN.
---@param options wb.dist.uniform.options
---@return distribution
function wb.dist.uniform(options) end

---Independent parts, one after the other; each may have any dimension.
---@param options any
---@return distribution
function wb.dist.product(options) end

---@class wb.dist.two_moons.options
---@field noise? number the standard deviation of the noise (default 0.2)

---The toy set of two half circles, one in the other (wb.data.two_moons) with its density.
---@param options wb.dist.two_moons.options
---@return distribution
function wb.dist.two_moons(options) end

---@class wb.dist.swissroll.options
---@field noise? number the standard deviation of the noise (default 0.2)

---The toy set of one spiral arm (wb.data.swissroll) with its density.
---@param options wb.dist.swissroll.options
---@return distribution
function wb.dist.swissroll(options) end

---The toy set of eight squares of a checkerboard (wb.data.checkerboard) with its density.
---@return distribution
function wb.dist.checkerboard() end

---@class wb.dist.eight_gaussians.options
---@field noise? number the standard deviation of the noise (default 0.3536)

---The toy set of eight Gaussians on a circle of radius 2.83 (wb.data.eight_gaussians) with its density.
---@param options wb.dist.eight_gaussians.options
---@return distribution
function wb.dist.eight_gaussians(options) end

---@class wb.dist.circles.options
---@field noise? number the standard deviation of the noise (default 0.24)

---The toy set of circles of radius 3 and 1.5 (wb.data.circles) with its density.
---@param options wb.dist.circles.options
---@return distribution
function wb.dist.circles(options) end

---@class wb.dist.rings.options
---@field noise? number the standard deviation of the noise (default 0.08)

---The toy set of circles of radius 3, 2.25, 1.5 and 0.75 (wb.data.rings) with its density.
---@param options wb.dist.rings.options
---@return distribution
function wb.dist.rings(options) end

---Data sets, and what is done to data before a model sees them.
wb.data = {}

---@class wb.data.two_moons.options
---@field n integer how many (required)
---@field noise? number the standard deviation of the noise (default 0.2)
---@field seed? integer of the samples (default 1)

---Samples of two half circles, one in the other. Sample i is a function of the seed and i alone. wb.dist.two_moons is the law.
---@param options wb.data.two_moons.options
---@return array
function wb.data.two_moons(options) end

---@class wb.data.swissroll.options
---@field n integer how many (required)
---@field noise? number the standard deviation of the noise (default 0.2)
---@field seed? integer of the samples (default 1)

---Samples of one spiral arm. Sample i is a function of the seed and i alone. wb.dist.swissroll is the law.
---@param options wb.data.swissroll.options
---@return array
function wb.data.swissroll(options) end

---@class wb.data.checkerboard.options
---@field n integer how many (required)
---@field seed? integer of the samples (default 1)

---Samples of eight squares of a checkerboard. Sample i is a function of the seed and i alone. wb.dist.checkerboard is the law.
---@param options wb.data.checkerboard.options
---@return array
function wb.data.checkerboard(options) end

---@class wb.data.eight_gaussians.options
---@field n integer how many (required)
---@field noise? number the standard deviation of the noise (default 0.3536)
---@field seed? integer of the samples (default 1)

---Samples of eight Gaussians on a circle of radius 2.83. Sample i is a function of the seed and i alone. wb.dist.eight_gaussians is the law.
---@param options wb.data.eight_gaussians.options
---@return array
function wb.data.eight_gaussians(options) end

---@class wb.data.spirals.options
---@field n integer how many (required)
---@field noise? number the standard deviation of the noise (default 0.1)
---@field seed? integer of the samples (default 1)

---Samples of two spiral arms. Sample i is a function of the seed and i alone.
---@param options wb.data.spirals.options
---@return array
function wb.data.spirals(options) end

---@class wb.data.pinwheel.options
---@field n integer how many (required)
---@field seed? integer of the samples (default 1)

---Samples of five bent blades. Sample i is a function of the seed and i alone.
---@param options wb.data.pinwheel.options
---@return array
function wb.data.pinwheel(options) end

---@class wb.data.circles.options
---@field n integer how many (required)
---@field noise? number the standard deviation of the noise (default 0.24)
---@field seed? integer of the samples (default 1)

---Samples of circles of radius 3 and 1.5. Sample i is a function of the seed and i alone. wb.dist.circles is the law.
---@param options wb.data.circles.options
---@return array
function wb.data.circles(options) end

---@class wb.data.rings.options
---@field n integer how many (required)
---@field noise? number the standard deviation of the noise (default 0.08)
---@field seed? integer of the samples (default 1)

---Samples of circles of radius 3, 2.25, 1.5 and 0.75. Sample i is a function of the seed and i alone. wb.dist.rings is the law.
---@param options wb.data.rings.options
---@return array
function wb.data.rings(options) end

---1797 handwritten digits of 8 × 8 pixels with values 0 to 16, and which digit each is. From the UCI data set Optical Recognition of Handwritten Digits (E. Alpaydin, C. Kaynak, 1998; CC BY 4.0), its test part. The file is scripts/data/digits.csv of Workbench, or digits.csv in the folder that WORKBENCH_DATA names.
---@return array
---@return array
function wb.data.digits() end

---Gives each column mean 0 and standard deviation 1; a column that does not vary is only centred.
---@param x array one row a point
---@return array
---@return any
function wb.data.standardize(x) end

---Gives the data mean 0 and the identity as covariance, by the Cholesky factor of their covariance.
---@param x array one row a point
---@return array
---@return any
function wb.data.whiten(x) end

---@class wb.data.dequantise.options
---@field levels integer how many values there are (required)
---@field seed? integer of the uniform numbers (default 1)

---Adds a uniform number in (0, 1) to integers 0, 1, …, levels − 1 and divides by levels: data with a density.
---@param x array integers
---@param options wb.data.dequantise.options
---@return array
function wb.data.dequantise(x, options) end

---@class wb.data.split.options
---@field validation? number the share of the second part (default 0.1)
---@field fractions? table the shares of all parts, with sum 1, instead
---@field seed? integer of the order (default 1)

---Deals the rows out at random. Arrays with equally many rows are split alike by the same seed: data and labels.
---@param x array one row a point
---@param options wb.data.split.options
---@return array
---@return array
---@return any
function wb.data.split(x, options) end

return wb
