// The only door between Swift and Lua 5.4. No Swift file sees lua.h.
//
// Every function here is "no-raise": it uses only calls of the Lua API that cannot raise, or it runs its
// body under lua_pcall. So no longjmp crosses a Swift frame. Functions that return an int status return
// CLUA_OK and leave their results on the stack, or another status and leave the error value there instead.
// Every push makes room on the stack first.
#ifndef CLUA_H
#define CLUA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lua_State lua_State;
typedef struct clua_context clua_context;

enum { CLUA_OK = 0, CLUA_YIELD = 1, CLUA_ERRRUN = 2, CLUA_ERRSYNTAX = 3, CLUA_ERRMEM = 4, CLUA_ERRERR = 5 };

// What a Swift callback answers: a count of results, or one of these.
enum { CLUA_RAISE = -1, CLUA_RETHROW = -2, CLUA_STOP = -3, CLUA_NOMEM = -4 };

// Lua's type codes.
enum {
  CLUA_TNONE = -1, CLUA_TNIL = 0, CLUA_TBOOLEAN = 1, CLUA_TLIGHTUSERDATA = 2, CLUA_TNUMBER = 3,
  CLUA_TSTRING = 4, CLUA_TTABLE = 5, CLUA_TFUNCTION = 6, CLUA_TUSERDATA = 7, CLUA_TTHREAD = 8
};

// Why a run is being stopped; a stop cannot be swallowed by pcall.
enum { CLUA_RUNNING = 0, CLUA_CANCELLED = 1, CLUA_EXITING = 2 };

typedef int (*clua_callback)(lua_State *L, void *object, int count);
typedef void (*clua_release)(void *object);

// MARK: state

lua_State *clua_new(clua_release release);
void clua_close(lua_State *L);
// What clua_host answers on every coroutine of the state.
void clua_set_host(lua_State *L, void *host);
void *clua_host(lua_State *L);
clua_context *clua_context_of(lua_State *L);
// Opens the standard libraries and makes them safe (library.c).
int clua_open_libraries(lua_State *L);

// MARK: memory

// 0 is no limit.
void clua_set_memory_limit(lua_State *L, size_t bytes);
size_t clua_memory_used(lua_State *L);
// For tests: growing allocations number `first` to `first + count - 1` from now on fail.
void clua_fail_allocations(lua_State *L, uint64_t first, uint64_t count);
uint64_t clua_allocations(lua_State *L);
void clua_collect(lua_State *L);

// MARK: stopping

// A context outlives its state while somebody retains it, so that a late cancel is harmless.
void clua_context_retain(clua_context *c);
void clua_context_release(clua_context *c);
// From any thread, also from a signal handler.
void clua_cancel(clua_context *c);
void clua_clear_cancel(clua_context *c);
bool clua_is_cancelled(const clua_context *c);
// SIGINT cancels this context (NULL: the default action again). A third SIGINT that finds the flag still
// set ends the process with code 130.
void clua_cancel_on_interrupt(clua_context *c);
int clua_stop_reason(lua_State *L);
void clua_request_exit(lua_State *L, int code);
int clua_exit_code(lua_State *L);
void clua_clear_exit(lua_State *L);
// Depth of calls from Swift into Lua now in progress.
int clua_depth(lua_State *L);
// At most `count` more VM instructions, to the nearest thousand; negative: no budget. Answers what was
// left of the former budget.
int64_t clua_set_budget(lua_State *L, int64_t count);

// MARK: errors

// Copies the text of an error about to be raised with CLUA_RAISE; false: no memory.
bool clua_stash_error(lua_State *L, const char *text, size_t count);
// The traceback of the error just reported, or NULL.
const char *clua_take_traceback(lua_State *L);
bool clua_stash_traceback(lua_State *L, const char *text);
bool clua_is_memory_error(lua_State *L, int index);
bool clua_is_stop_error(lua_State *L, int index);

// MARK: stack

int clua_top(lua_State *L);
void clua_set_top(lua_State *L, int top);
void clua_remove(lua_State *L, int index);
void clua_insert(lua_State *L, int index);
bool clua_reserve(lua_State *L, int count);

// MARK: reading, nothing is converted in place

int clua_type(lua_State *L, int index);
bool clua_is_integer(lua_State *L, int index);
bool clua_to_boolean(lua_State *L, int index);
double clua_to_number(lua_State *L, int index);
int64_t clua_to_integer(lua_State *L, int index);
const char *clua_to_bytes(lua_State *L, int index, size_t *count);
const void *clua_to_pointer(lua_State *L, int index);
bool clua_raw_equal(lua_State *L, int a, int b);
uint64_t clua_raw_length(lua_State *L, int index);
// The text `__name` of a value's metatable, valid while the value lives; NULL without.
const char *clua_type_name(lua_State *L, int index);
bool clua_has_metatable(lua_State *L, int index);
bool clua_has_call(lua_State *L, int index);
// Pushes t[i] without metamethods.
int clua_raw_get_index(lua_State *L, int table, int64_t i);
// Reads count numbers t[offset + 1]... into out; answers how many of them, from the first, are numbers.
size_t clua_read_numbers(lua_State *L, int table, double *out, size_t offset, size_t count);

// MARK: pushing

int clua_push_nil(lua_State *L);
int clua_push_boolean(lua_State *L, bool value);
int clua_push_number(lua_State *L, double value);
int clua_push_integer(lua_State *L, int64_t value);
int clua_push_value(lua_State *L, int index);
int clua_push_bytes(lua_State *L, const char *bytes, size_t count);
int clua_push_numbers(lua_State *L, const double *values, size_t count);
int clua_push_globals(lua_State *L);
int clua_push_table(lua_State *L, int array, int record);

// MARK: tables and calls; those that say "raw" never run a metamethod

int clua_raw_get_field(lua_State *L, int table, const char *key, size_t count);
int clua_get_field(lua_State *L, int value, const char *key, size_t count);
int clua_get_index(lua_State *L, int value, int64_t i);
int clua_set_field(lua_State *L, int value, const char *key, size_t count);  // pops the value
int clua_raw_set_field(lua_State *L, int table, const char *key, size_t count);  // pops the value
int clua_raw_set_index(lua_State *L, int table, int64_t i);  // pops the value
int clua_raw_get(lua_State *L, int table);  // pops a key, pushes its value
int clua_raw_set(lua_State *L, int table);  // pops a key and a value
// Pops a key, pushes the next key and value, or nothing at the end: *more tells.
int clua_next(lua_State *L, int table, bool *more);
int clua_length(lua_State *L, int index, int64_t *length);
int clua_to_text(lua_State *L, int index);  // pushes tostring(value)
int clua_load(lua_State *L, const char *bytes, size_t count, const char *chunk_name);
int clua_call(lua_State *L, int arguments, int results);  // results < 0: all

// MARK: references, in the registry

int clua_reference(lua_State *L, int *reference);  // pops the value
int clua_push_reference(lua_State *L, int reference);
void clua_dereference(lua_State *L, int reference);

// MARK: Swift objects and functions

// Ownership of `object` moves only with CLUA_OK; `release` is called for it in the end.
int clua_push_object(lua_State *L, void *object, int type);
int clua_push_function(lua_State *L, void *object, clua_callback callback);
int clua_new_type(lua_State *L, const char *name, int *type);
int clua_set_metamethod(lua_State *L, int type, const char *name);  // pops the function
// Pops the methods' table and the function for any other key.
int clua_set_index_methods(lua_State *L, int type);
// NULL: not an object of ours, or closed.
void *clua_to_object(lua_State *L, int index, bool *closed);
// Swift object behind a function made by clua_push_function, or NULL.
void *clua_to_function_object(lua_State *L, int index);
// Forgets the object: every later use finds it closed.
void clua_close_object(lua_State *L, int index);

// MARK: overloading library functions

enum { CLUA_ON_OBJECT = 1, CLUA_ON_GUARD = 2, CLUA_THEN_ORIGINAL = 4 };
// Pops a C function and a Swift function; pushes one that calls the Swift function when an argument is an
// object (CLUA_ON_OBJECT) or while the guard is set (CLUA_ON_GUARD), and the C function otherwise, or also
// afterwards (CLUA_THEN_ORIGINAL).
int clua_push_overload(lua_State *L, int mode);
void clua_set_guard(lua_State *L, bool guarded);
// Pushes the table of the methods of files.
int clua_push_file_methods(lua_State *L);

// MARK: looking at functions

// The name of chunks that are not the script's but glue of the library around its values: their lines are
// no place that a script's author could look at.
#define CLUA_GLUE "(glue)"

// Position of the nearest Lua function that is running, glue aside. *source changes only when *serial does.
bool clua_position(lua_State *L, int *line, const char **source, uint64_t *serial);
// Where a function was defined; line -1 for a C function. `source` has room for 60 bytes.
bool clua_definition(lua_State *L, int function, int *first, int *last, char *source);
// Name of upvalue i (from 1), whose value is pushed; NULL past the end.
const char *clua_upvalue(lua_State *L, int function, int i);
// Replaces upvalue i by the value on top, which it pops.
bool clua_set_upvalue(lua_State *L, int function, int i);
int clua_parameter_count(lua_State *L, int function, bool *variadic);
// Calls `write` with pieces of the precompiled function.
int clua_dump(lua_State *L, int function, int (*write)(const void *bytes, size_t count, void *sink), void *sink);

// Writes to C's standard output, in order with what io.write writes.
void clua_write(const char *bytes, size_t count);

#endif
