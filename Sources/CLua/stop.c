// Stopping a script: cancel from any thread, os.exit, instruction budgets.
//
// Nothing is installed while a script runs undisturbed. A cancel sets the flag and sends a signal to the
// thread that runs the state; the handler, on that thread, installs a hook as lua.c does. (lua_sethook from
// another thread walks a list that the script is changing.) The hook raises a sentinel at every
// instruction until the host clears the flag, so `pcall` cannot swallow it. It is a count hook and nothing
// else: a return hook would raise after a protected body has moved the ownership of an object. lua_sethook acts on one
// coroutine, so coroutine.resume, wrap and close are replaced by versions that say which one runs.
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "internal.h"

char clua_stop_key;
static char anchor_key;
static _Thread_local clua_context *volatile running_here;
static _Thread_local bool signal_ready;
enum { stop_signal = SIGURG };  // ignored by default: a stray one harms nobody
enum { budget_step = 1000 };

static void hook(lua_State *L, lua_Debug *event) {
  clua_context *c = context_of(L);
  if (should_stop(c)) {
    lua_sethook(L, hook, LUA_MASKCOUNT, 1);
    clua_raise_stop(L);
  }
  if (!c->budget_active) {
    lua_sethook(L, NULL, 0, 0);
    return;
  }
  if (event->event == LUA_HOOKCOUNT) c->budget -= lua_gethookcount(L);
  if (c->budget > 0) {
    lua_sethook(L, hook, LUA_MASKCOUNT, c->budget < budget_step ? (int)c->budget : budget_step);
    return;
  }
  lua_sethook(L, hook, LUA_MASKCOUNT, 1);
  luaL_where(L, 0);
  lua_pushliteral(L, "stopped: the function does not end (its budget of instructions is used up)");
  lua_concat(L, 2);
  lua_error(L);
}

int clua_raise_stop(lua_State *L) {
  luaL_checkstack(L, 1, NULL);
  lua_pushlightuserdata(L, &clua_stop_key);
  return lua_error(L);
}

void clua_arm(lua_State *L) { lua_sethook(L, hook, LUA_MASKCOUNT, 1); }

// On the thread that runs the states.
static void arm_running(void) {
  for (clua_context *c = running_here; c; c = c->outer) {
    lua_State *L = c->current;
    if (L && should_stop(c)) clua_arm(L);
  }
}

static void on_stop_signal(int number) {
  (void)number;
  int saved = errno;
  arm_running();
  errno = saved;
}

static void install_handler(void) {
  struct sigaction action = {.sa_handler = on_stop_signal};
  sigemptyset(&action.sa_mask);
  sigaction(stop_signal, &action, NULL);  // no SA_RESTART: a blocked read gives up
}

static void prepare_thread(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, install_handler);
  sigset_t set;  // threads of libdispatch and of Swift's pool block signals
  sigemptyset(&set);
  sigaddset(&set, stop_signal);
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
  signal_ready = true;
}

static void lock(clua_context *c) {
  while (atomic_flag_test_and_set_explicit(&c->entering, memory_order_acquire)) {
  }
}
static void unlock(clua_context *c) { atomic_flag_clear_explicit(&c->entering, memory_order_release); }

void clua_enter(clua_context *c, lua_State *L) {
  if (c->depth++ == 0) {
    if (!signal_ready) prepare_thread();
    lock(c);
    c->running = true;
    c->thread = pthread_self();
    unlock(c);
    c->outer = running_here;
    c->current = L;
    running_here = c;
  } else {
    c->current = L;
  }
  if (should_stop(c)) clua_arm(L);
}

void clua_leave(clua_context *c) {
  if (--c->depth > 0) return;
  running_here = c->outer;
  c->outer = NULL;
  lock(c);
  c->running = false;
  unlock(c);
}

// Wait-free, so that a signal handler may call it. When the lock is taken: by clua_enter, which looks at
// the flag afterwards; by clua_leave, and nothing runs any more; or by another cancel, which signals.
void clua_cancel(clua_context *c) {
  atomic_store(&c->cancelled, 1);
  if (atomic_flag_test_and_set_explicit(&c->entering, memory_order_acquire)) return;
  if (c->running) {
    if (pthread_equal(c->thread, pthread_self()))
      arm_running();
    else
      pthread_kill(c->thread, stop_signal);
  }
  unlock(c);
}

void clua_clear_cancel(clua_context *c) { atomic_store(&c->cancelled, 0); }
bool clua_is_cancelled(const clua_context *c) {
  return atomic_load_explicit(&((clua_context *)c)->cancelled, memory_order_relaxed) != 0;
}

// MARK: Ctrl-C

static _Atomic(clua_context *) interrupted_context;
static atomic_int interrupts;

static void on_interrupt(int number) {
  (void)number;
  int saved = errno;
  clua_context *c = atomic_load(&interrupted_context);
  if (c) {
    int count = clua_is_cancelled(c) ? atomic_fetch_add(&interrupts, 1) + 1 : 1;
    if (count == 1) atomic_store(&interrupts, 1);
    if (count >= 3) _exit(130);
    clua_cancel(c);
  }
  errno = saved;
}

void clua_cancel_on_interrupt(clua_context *c) {
  if (c) clua_context_retain(c);
  clua_context *former = atomic_exchange(&interrupted_context, c);
  struct sigaction action = {.sa_handler = c ? on_interrupt : SIG_DFL};
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  if (former) clua_context_release(former);
}

// MARK: exit, depth, budget

int clua_stop_reason(lua_State *L) {
  clua_context *c = context_of(L);
  if (c->exiting) return CLUA_EXITING;
  return clua_is_cancelled(c) ? CLUA_CANCELLED : CLUA_RUNNING;
}
void clua_request_exit(lua_State *L, int code) {
  clua_context *c = context_of(L);
  c->exit_code = code;
  c->exiting = 1;
  clua_arm(L);
}
int clua_exit_code(lua_State *L) { return context_of(L)->exit_code; }
void clua_clear_exit(lua_State *L) { context_of(L)->exiting = 0; }
int clua_depth(lua_State *L) { return context_of(L)->depth; }

int64_t clua_set_budget(lua_State *L, int64_t count) {
  clua_context *c = context_of(L);
  int64_t left = c->budget_active ? (c->budget > 0 ? c->budget : 0) : -1;
  c->budget_active = count >= 0;
  c->budget = count;
  if (should_stop(c))
    clua_arm(L);
  else if (c->budget_active)
    lua_sethook(L, hook, LUA_MASKCOUNT, count < 1 ? 1 : count < budget_step ? (int)count : budget_step);
  else
    lua_sethook(L, NULL, 0, 0);
  return left;
}

// MARK: coroutines that say which one runs

// Results on L, or -1 and an error value.
static int resume(lua_State *L, lua_State *co, int arguments) {
  clua_context *c = context_of(L);
  if (!lua_checkstack(co, arguments + 1)) {
    lua_pushliteral(L, "too many arguments to resume");
    return -1;
  }
  // If lua_resume itself runs out of memory, `current` is left on `co`: the registry keeps it alive.
  luaL_checkstack(L, 2, NULL);
  lua_pushthread(co);
  if (co != L) lua_xmove(co, L, 1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &anchor_key);
  lua_xmove(L, co, arguments);
  c->current = co;
  if (should_stop(c)) clua_arm(co);
  int count = 0;
  int status = lua_resume(co, L, arguments, &count);
  c->current = L;
  if (should_stop(c)) clua_arm(L);
  if (status != LUA_OK && status != LUA_YIELD) {
    lua_xmove(co, L, 1);
    return -1;
  }
  if (!lua_checkstack(L, count + 1)) {
    lua_pop(co, count);
    lua_pushliteral(L, "too many results to resume");
    return -1;
  }
  lua_xmove(co, L, count);
  return count;
}

static int coroutine_resume(lua_State *L) {
  lua_State *co = lua_tothread(L, 1);
  luaL_argexpected(L, co, 1, "coroutine");
  int count = resume(L, co, lua_gettop(L) - 1);
  lua_pushboolean(L, count >= 0);
  if (count < 0) count = 1;
  lua_insert(L, -(count + 1));
  return count + 1;
}

// Closes a suspended or dead coroutine; its pending <close> variables run on it.
static int reset(lua_State *L, lua_State *co) {
  clua_context *c = context_of(L);
  c->current = co;
  if (should_stop(c)) clua_arm(co);
  int status = lua_resetthread(co);
  c->current = L;
  if (should_stop(c)) clua_arm(L);
  return status;
}

static int wrapped(lua_State *L) {
  lua_State *co = lua_tothread(L, lua_upvalueindex(1));
  int count = resume(L, co, lua_gettop(L));
  if (count >= 0) return count;
  int status = lua_status(co);
  if (status != LUA_OK && status != LUA_YIELD) {
    status = reset(L, co);
    lua_xmove(co, L, 1);
  }
  if (status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) {
    luaL_where(L, 1);
    lua_insert(L, -2);
    lua_concat(L, 2);
  }
  return lua_error(L);
}

static int coroutine_wrap(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_State *co = lua_newthread(L);
  lua_pushvalue(L, 1);
  lua_xmove(L, co, 1);
  lua_pushcclosure(L, wrapped, 1);
  return 1;
}

static int coroutine_close(lua_State *L) {
  lua_State *co = lua_tothread(L, 1);
  luaL_argexpected(L, co, 1, "coroutine");
  lua_Debug frame;
  if (co == L || (lua_status(co) == LUA_OK && lua_getstack(co, 0, &frame)))
    return luaL_error(L, "cannot close a %s coroutine", co == L ? "running" : "normal");
  if (reset(L, co) == LUA_OK) {
    lua_pushboolean(L, 1);
    return 1;
  }
  lua_pushboolean(L, 0);
  lua_xmove(co, L, 1);
  return 2;
}

// MARK: xpcall

// Hooks are off while a hook raises, and with them every means to stop a handler: it does not see a stop.
static int guarded_handler(lua_State *L) {
  clua_context *c = context_of(L);
  if (should_stop(c) || (c->budget_active && c->budget <= 0)) return 1;
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, 1);
  return 1;
}

static int all_results(lua_State *L, int status, lua_KContext context) {
  (void)status;
  (void)context;
  return lua_gettop(L);
}

static int guarded_xpcall(lua_State *L) {
  luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_pushvalue(L, 2);
  lua_pushcclosure(L, guarded_handler, 1);
  lua_replace(L, 2);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_callk(L, lua_gettop(L) - 1, LUA_MULTRET, 0, all_results);
  return lua_gettop(L);
}

int clua_install_coroutines(lua_State *L) {
  lua_getglobal(L, "xpcall");
  lua_pushcclosure(L, guarded_xpcall, 1);
  lua_setglobal(L, "xpcall");

  static const luaL_Reg functions[] = {
      {"resume", coroutine_resume}, {"wrap", coroutine_wrap}, {"close", coroutine_close}, {NULL, NULL}};
  lua_pushboolean(L, 0);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &anchor_key);  // so that `resume` need not allocate for it
  lua_getglobal(L, "coroutine");
  luaL_setfuncs(L, functions, 0);
  lua_pop(L, 1);
  return 0;
}
