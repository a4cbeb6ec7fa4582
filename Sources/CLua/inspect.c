// Looking at functions: positions, upvalues, bytecode.
#include <string.h>

#include "internal.h"

bool clua_position(lua_State *L, int *line, const char **source, uint64_t *serial) {
  clua_context *c = context_of(L);
  lua_Debug frame;
  for (int level = 0; lua_getstack(L, level, &frame); level++) {
    lua_getinfo(L, "l", &frame);
    if (frame.currentline <= 0) continue;
    lua_getinfo(L, "S", &frame);
    // Its lines are the library's own, not the script's.
    if (strcmp(frame.short_src, CLUA_GLUE) == 0) continue;
    if (c->source_serial == 0 || strcmp(c->source, frame.short_src) != 0) {
      memcpy(c->source, frame.short_src, sizeof c->source);
      c->source_serial++;
    }
    *line = frame.currentline;
    *source = c->source;
    *serial = c->source_serial;
    return true;
  }
  return false;
}

bool clua_definition(lua_State *L, int function, int *first, int *last, char *source) {
  if (!lua_isfunction(L, function) || !lua_checkstack(L, 1)) return false;
  lua_Debug info;
  lua_pushvalue(L, function);
  lua_getinfo(L, ">S", &info);
  *first = info.linedefined;
  *last = info.lastlinedefined;
  memcpy(source, info.short_src, LUA_IDSIZE);
  return true;
}
_Static_assert(LUA_IDSIZE == 60, "clua.h promises room for 60 bytes");

const char *clua_upvalue(lua_State *L, int function, int i) {
  if (!lua_isfunction(L, function) || !lua_checkstack(L, 1)) return NULL;
  return lua_getupvalue(L, function, i);
}

bool clua_set_upvalue(lua_State *L, int function, int i) {
  if (lua_isfunction(L, function) && !lua_iscfunction(L, function) && lua_setupvalue(L, function, i)) return true;
  lua_pop(L, 1);
  return false;
}

int clua_parameter_count(lua_State *L, int function, bool *variadic) {
  *variadic = true;
  if (!lua_isfunction(L, function) || !lua_checkstack(L, 1)) return 0;
  lua_Debug info;
  lua_pushvalue(L, function);
  lua_getinfo(L, ">u", &info);
  *variadic = info.isvararg;
  return info.nparams;
}

typedef struct {
  int (*write)(const void *, size_t, void *);
  void *sink;
} dump_request;
static int dump_writer(lua_State *L, const void *bytes, size_t count, void *data) {
  (void)L;
  dump_request *r = data;
  return r->write(bytes, count, r->sink);
}
static int dump_body(lua_State *L) {
  dump_request *r = lua_touserdata(L, 1);
  if (lua_dump(L, dump_writer, r, 0)) return luaL_error(L, "the function cannot be dumped");
  return 0;
}
int clua_dump(lua_State *L, int function, int (*write)(const void *bytes, size_t count, void *sink), void *sink) {
  dump_request r = {write, sink};
  if (!lua_checkstack(L, 1)) return LUA_ERRMEM;
  lua_pushvalue(L, function);
  return clua_protected(L, dump_body, &r, 1, 0);
}
