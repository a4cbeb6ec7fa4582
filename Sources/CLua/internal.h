// Shared by the files of this target only.
#ifndef CLUA_INTERNAL_H
#define CLUA_INTERNAL_H

#include <lua5.4/lauxlib.h>
#include <lua5.4/lua.h>
#include <lua5.4/lualib.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "clua.h"

struct clua_context {
  atomic_int references;
  void *host;
  clua_release release;
  lua_State *main;

  // Memory.
  size_t used, limit;
  uint64_t allocations, fail_first, fail_last;

  // Stopping.
  atomic_int cancelled;
  volatile sig_atomic_t exiting;
  int exit_code;
  int64_t budget;         // VM instructions left; negative: no budget
  bool budget_active;
  int depth;
  atomic_flag entering;   // guards `running` and `thread`
  bool running;
  pthread_t thread;
  lua_State *volatile current;  // the coroutine that runs
  struct clua_context *volatile outer;  // the context this thread was running before

  // Errors: owned here, so that a longjmp leaks nothing.
  char *error;
  size_t error_count, error_capacity;
  char *traceback;
  size_t traceback_capacity;
  bool has_traceback;

  bool guarded;  // a function is being traced: overload.c

  char source[LUA_IDSIZE];
  uint64_t source_serial;
};

extern char clua_stop_key, clua_memory_key;
extern char clua_traceback_key;  // of the registry: the error value that the traceback belongs to

static inline clua_context *context_of(lua_State *L) { return *(clua_context **)lua_getextraspace(L); }

static inline bool should_stop(clua_context *c) {
  return atomic_load_explicit(&c->cancelled, memory_order_relaxed) || c->exiting;
}

// Runs `body(L)` with `input` values from the top of the stack as arguments 2..., and `data` as light
// userdata argument 1, under lua_pcall. Leaves `output` results or one error value.
int clua_protected(lua_State *L, lua_CFunction body, void *data, int input, int output);
// The same for a body that may run a script: with traceback, and interruptible.
int clua_protected_script(lua_State *L, lua_CFunction body, void *data, int input, int output);

// Makes the hook raise at the next instruction of L, and again until the stop is cleared.
void clua_arm(lua_State *L);
// Raises the stop sentinel.
int clua_raise_stop(lua_State *L);
// The coroutine library that tracks what runs (stop.c) and its installer.
int clua_install_coroutines(lua_State *L);
// Text position of the nearest Lua caller, "chunk:line: " or "", pushed.
void clua_push_where(lua_State *L);
// Interruptible string.find, match, gmatch, gsub.
int clua_install_patterns(lua_State *L);
void clua_enter(clua_context *c, lua_State *L);
void clua_leave(clua_context *c);

#endif
