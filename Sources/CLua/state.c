// State, memory, errors and protected calls.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

char clua_memory_key;
char clua_traceback_key;

static void *allocate(void *data, void *block, size_t old_size, size_t new_size) {
  clua_context *c = data;
  size_t old = block ? old_size : 0;
  if (new_size == 0) {
    free(block);
    c->used -= old;
    return NULL;
  }
  if (new_size > old) {
    if (c->limit && c->used - old + new_size > c->limit) return NULL;
    uint64_t number = ++c->allocations;
    if (number >= c->fail_first && number <= c->fail_last) return NULL;
  }
  void *result = realloc(block, new_size);
  if (!result) {
    // Lua assumes that shrinking cannot fail.
    return new_size <= old ? block : NULL;
  }
  c->used += new_size - old;
  return result;
}

// Reached only if something that raises is called outside lua_pcall: a bug in this target.
static int panic(lua_State *L) {
  const char *message = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "(no message)";
  fprintf(stderr, "workbench: internal error: unprotected Lua error: %s\n", message);
  abort();
}

lua_State *clua_new(clua_release release) {
  clua_context *c = calloc(1, sizeof *c);
  if (!c) return NULL;
  atomic_init(&c->references, 1);
  atomic_flag_clear(&c->entering);
  c->release = release;
  c->budget = -1;
  lua_State *L = lua_newstate(allocate, c);
  if (!L) {
    free(c);
    return NULL;
  }
  *(clua_context **)lua_getextraspace(L) = c;  // Lua copies it into every new coroutine
  c->main = c->current = L;
  lua_atpanic(L, panic);
  return L;
}

void clua_close(lua_State *L) {
  clua_context *c = context_of(L);
  c->limit = 0;
  c->fail_first = c->fail_last = 0;
  lua_close(c->main);
  c->main = c->current = NULL;
  c->host = NULL;
  clua_context_release(c);
}

void clua_context_retain(clua_context *c) { atomic_fetch_add_explicit(&c->references, 1, memory_order_relaxed); }

void clua_context_release(clua_context *c) {
  if (atomic_fetch_sub_explicit(&c->references, 1, memory_order_acq_rel) != 1) return;
  free(c->error);
  free(c->traceback);
  free(c);
}

void clua_set_host(lua_State *L, void *host) { context_of(L)->host = host; }
void *clua_host(lua_State *L) { return context_of(L)->host; }
clua_context *clua_context_of(lua_State *L) { return context_of(L); }
void clua_set_memory_limit(lua_State *L, size_t bytes) { context_of(L)->limit = bytes; }
size_t clua_memory_used(lua_State *L) { return context_of(L)->used; }
uint64_t clua_allocations(lua_State *L) { return context_of(L)->allocations; }

void clua_fail_allocations(lua_State *L, uint64_t first, uint64_t count) {
  clua_context *c = context_of(L);
  c->fail_first = count ? c->allocations + first : 0;
  c->fail_last = count ? (count > UINT64_MAX - c->fail_first ? UINT64_MAX : c->fail_first + count - 1) : 0;
}

static int collect_body(lua_State *L) {
  lua_gc(L, LUA_GCCOLLECT);
  return 0;
}
void clua_collect(lua_State *L) {
  if (clua_protected(L, collect_body, NULL, 0, 0) != LUA_OK) lua_pop(L, 1);
}

// MARK: errors

static bool stash(char **buffer, size_t *capacity, const char *text, size_t count) {
  if (count + 1 > *capacity) {
    char *grown = realloc(*buffer, count + 1);
    if (!grown) return false;
    *buffer = grown;
    *capacity = count + 1;
  }
  if (count) memcpy(*buffer, text, count);
  (*buffer)[count] = 0;
  return true;
}

bool clua_stash_error(lua_State *L, const char *text, size_t count) {
  clua_context *c = context_of(L);
  c->error_count = 0;
  if (!stash(&c->error, &c->error_capacity, text, count)) return false;
  c->error_count = count;
  return true;
}

bool clua_stash_traceback(lua_State *L, const char *text) {
  clua_context *c = context_of(L);
  return c->has_traceback = stash(&c->traceback, &c->traceback_capacity, text, strlen(text));
}

const char *clua_take_traceback(lua_State *L) {
  clua_context *c = context_of(L);
  if (!c->has_traceback) return NULL;
  c->has_traceback = false;
  return c->traceback;
}

// The text is Lua's own, which reaches a script that asks for it: through `pcall`, a coroutine or `load`.
bool clua_is_memory_error(lua_State *L, int index) {
  if (lua_type(L, index) == LUA_TSTRING) return strcmp(lua_tostring(L, index), "not enough memory") == 0;
  return lua_islightuserdata(L, index) && lua_touserdata(L, index) == &clua_memory_key;
}
bool clua_is_stop_error(lua_State *L, int index) {
  return lua_islightuserdata(L, index) && lua_touserdata(L, index) == &clua_stop_key;
}

// The innermost handler records the traceback with the error value; an outer one that sees the same value
// travelling on through Swift leaves it alone.
static int message_handler(lua_State *L) {
  clua_context *c = context_of(L);
  if (lua_islightuserdata(L, 1)) return 1;
  if (c->has_traceback) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &clua_traceback_key);
    bool same = lua_rawequal(L, 1, -1);
    lua_settop(L, 1);
    if (same) return 1;
  }
  luaL_traceback(L, L, NULL, 1);
  size_t count;
  const char *text = lua_tolstring(L, -1, &count);
  c->has_traceback = stash(&c->traceback, &c->traceback_capacity, text, count);
  lua_pushvalue(L, 1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &clua_traceback_key);
  lua_settop(L, 1);
  return 1;
}

// MARK: protected calls

// With no room on the stack there is none for an error value either: one slot is always kept (see below).
static int no_room(lua_State *L, int drop) {
  lua_pop(L, drop);
  lua_settop(L, lua_gettop(L) + 1);
  lua_pop(L, 1);
  lua_pushlightuserdata(L, &clua_memory_key);
  return LUA_ERRMEM;
}

int clua_protected(lua_State *L, lua_CFunction body, void *data, int input, int output) {
  if (!lua_checkstack(L, 8)) return no_room(L, input);
  lua_pushcfunction(L, body);
  lua_insert(L, -1 - input);
  lua_pushlightuserdata(L, data);
  lua_insert(L, -1 - input);
  return lua_pcall(L, input + 1, output, 0);
}

int clua_protected_script(lua_State *L, lua_CFunction body, void *data, int input, int output) {
  if (!lua_checkstack(L, 8)) return no_room(L, input);
  clua_context *c = context_of(L);
  lua_pushcfunction(L, body);
  lua_insert(L, -1 - input);
  lua_pushlightuserdata(L, data);
  lua_insert(L, -1 - input);
  int base = lua_gettop(L) - input - 1;
  lua_pushcfunction(L, message_handler);
  lua_insert(L, base);
  clua_enter(c, L);
  int status = lua_pcall(L, input + 1, output, base);
  clua_leave(c);
  lua_remove(L, base);
  return status;
}

int clua_call(lua_State *L, int arguments, int results) {
  if (!lua_checkstack(L, results < 8 ? 8 : results)) return no_room(L, arguments + 1);
  clua_context *c = context_of(L);
  int base = lua_gettop(L) - arguments;
  lua_pushcfunction(L, message_handler);
  lua_insert(L, base);
  clua_enter(c, L);
  int status = lua_pcall(L, arguments, results < 0 ? LUA_MULTRET : results, base);
  clua_leave(c);
  lua_remove(L, base);
  return status;
}

int clua_load(lua_State *L, const char *bytes, size_t count, const char *chunk_name) {
  if (!lua_checkstack(L, 4)) return no_room(L, 0);
  return luaL_loadbufferx(L, bytes, count, chunk_name, "t");
}

void clua_push_where(lua_State *L) {
  lua_Debug frame;
  for (int level = 1; lua_getstack(L, level, &frame); level++) {
    lua_getinfo(L, "Sl", &frame);
    if (frame.currentline > 0 && strcmp(frame.short_src, CLUA_GLUE) != 0) {
      lua_pushfstring(L, "%s:%d: ", frame.short_src, frame.currentline);
      return;
    }
  }
  lua_pushliteral(L, "");
}

void clua_write(const char *bytes, size_t count) {
  if (count) fwrite(bytes, 1, count, stdout);
}
