// The standard libraries, made safe: text chunks only, no native modules, no finalizers, a small `debug`,
// coroutines that can be stopped, patterns that can be stopped.
#include <string.h>

#include "internal.h"

// The results of a load. Running out of memory is not a fault of the chunk: an error, not a result.
static int loaded(lua_State *L) {
  if (lua_gettop(L) == 2 && lua_isnil(L, 1) && clua_is_memory_error(L, 2)) {
    lua_pushlightuserdata(L, &clua_memory_key);
    return lua_error(L);
  }
  return lua_gettop(L);
}

// load(chunk, name, mode, env) with mode "t".
static int text_load(lua_State *L) {
  int count = lua_gettop(L);
  if (count < 3) lua_settop(L, count = 3);
  lua_pushliteral(L, "t");
  lua_replace(L, 3);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, count, LUA_MULTRET);
  return loaded(L);
}

// loadfile(name, mode, env) with mode "t".
static int text_loadfile(lua_State *L) {
  int count = lua_gettop(L);
  if (count < 2) lua_settop(L, count = 2);
  lua_pushliteral(L, "t");
  lua_replace(L, 2);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, count, LUA_MULTRET);
  return loaded(L);
}

static int dofile_results(lua_State *L, int status, lua_KContext context) {
  (void)status;
  (void)context;
  return lua_gettop(L) - 1;
}
static int text_dofile(lua_State *L) {
  const char *name = luaL_optstring(L, 1, NULL);
  lua_settop(L, 1);
  if (luaL_loadfilex(L, name, "t") != LUA_OK) return lua_error(L);
  lua_callk(L, 0, LUA_MULTRET, 0, dofile_results);
  return dofile_results(L, 0, 0);
}

// The second searcher of `require`: package.path, text only.
static int text_searcher(lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  lua_settop(L, 1);
  lua_getfield(L, lua_upvalueindex(1), "searchpath");
  lua_pushvalue(L, 1);
  if (lua_getfield(L, lua_upvalueindex(1), "path") != LUA_TSTRING)
    return luaL_error(L, "'package.path' must be a string");
  lua_call(L, 2, 2);
  if (lua_isnil(L, -2)) return 1;  // the list of places tried
  lua_pop(L, 1);
  const char *file = lua_tostring(L, -1);
  if (luaL_loadfilex(L, file, "t") != LUA_OK)
    return luaL_error(L, "error loading module '%s' from file '%s':\n\t%s", name, file, lua_tostring(L, -1));
  lua_insert(L, -2);
  return 2;
}

static int safe_setmetatable(lua_State *L) {
  if (lua_type(L, 2) == LUA_TTABLE) {
    lua_pushliteral(L, "__gc");
    if (lua_rawget(L, 2) != LUA_TNIL)
      return luaL_error(L, "setmetatable: finalizers (__gc) are not available to scripts, since they cannot be "
                           "stopped; use a <close> variable with __close");
    lua_pop(L, 1);
  }
  int count = lua_gettop(L);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, count, 1);
  return 1;
}

// debug.getinfo([thread,] function or level) with what describes a function and nothing that changes one.
static int safe_getinfo(lua_State *L) {
  lua_State *of = L;
  int first = 1;
  if (lua_isthread(L, 1)) {
    of = lua_tothread(L, 1);
    first = 2;
  }
  lua_Debug info;
  memset(&info, 0, sizeof info);
  luaL_checkstack(L, 4, NULL);
  if (lua_isfunction(L, first)) {
    lua_pushvalue(L, first);
    lua_getinfo(L, ">Slnu", &info);
  } else {
    lua_Integer level = luaL_checkinteger(L, first);
    if (level < 0 || level > INT32_MAX || !lua_getstack(of, (int)level, &info)) {
      lua_pushnil(L);
      return 1;
    }
    lua_getinfo(of, "Slnut", &info);
  }
  lua_createtable(L, 0, 12);
#define TEXT(field) (lua_pushstring(L, info.field), lua_setfield(L, -2, #field))
#define INTEGER(field) (lua_pushinteger(L, info.field), lua_setfield(L, -2, #field))
#define BOOLEAN(field) (lua_pushboolean(L, info.field), lua_setfield(L, -2, #field))
  TEXT(source);
  TEXT(short_src);
  TEXT(what);
  TEXT(name);
  TEXT(namewhat);
  INTEGER(currentline);
  INTEGER(linedefined);
  INTEGER(lastlinedefined);
  INTEGER(nups);
  INTEGER(nparams);
  BOOLEAN(isvararg);
  BOOLEAN(istailcall);
  return 1;
}

// Two functions of the standard library whose loops neither allocate nor run Lua code.
static int safe_rep(lua_State *L) {
  size_t length = 0, separator = 0;
  luaL_checklstring(L, 1, &length);
  luaL_optlstring(L, 3, "", &separator);
  if (length == 0 && separator == 0) {
    luaL_checkinteger(L, 2);
    lua_pushliteral(L, "");
    return 1;
  }
  int count = lua_gettop(L);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, count, 1);
  return 1;
}
static int safe_move(lua_State *L) {
  lua_Integer first = luaL_checkinteger(L, 2), last = luaL_checkinteger(L, 3);
  enum { most = 100000000 };
  if (last >= first && (lua_Unsigned)last - (lua_Unsigned)first >= most)
    return luaL_error(L, "table.move: at most %d elements at once", (int)most);
  int count = lua_gettop(L);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, count, 1);
  return 1;
}

static void wrap(lua_State *L, const char *name, lua_CFunction function) {  // in the table on top
  lua_getfield(L, -1, name);
  lua_pushcclosure(L, function, 1);
  lua_setfield(L, -2, name);
}
static void set(lua_State *L, const char *name, lua_CFunction function) {
  lua_pushcfunction(L, function);
  lua_setfield(L, -2, name);
}
static void drop(lua_State *L, const char *name) {
  lua_pushnil(L);
  lua_setfield(L, -2, name);
}

static void make_package_safe(lua_State *L) {
  lua_getglobal(L, "package");
  drop(L, "loadlib");
  lua_pushliteral(L, "");
  lua_setfield(L, -2, "cpath");
  lua_getfield(L, -1, "searchers");
  lua_pushvalue(L, -2);
  lua_pushcclosure(L, text_searcher, 1);
  lua_rawseti(L, -2, 2);
  for (int i = 3; i <= 4; i++) {  // native modules could do anything to this process
    lua_pushnil(L);
    lua_rawseti(L, -2, i);
  }
  lua_pop(L, 2);
}

static int open_body(lua_State *L) {
  luaL_openlibs(L);
  lua_pushglobaltable(L);
  wrap(L, "load", text_load);
  wrap(L, "loadfile", text_loadfile);
  set(L, "dofile", text_dofile);
  wrap(L, "setmetatable", safe_setmetatable);
  lua_pop(L, 1);

  lua_getglobal(L, "string");
  drop(L, "dump");
  wrap(L, "rep", safe_rep);
  lua_pop(L, 1);

  lua_getglobal(L, "table");
  wrap(L, "move", safe_move);
  lua_pop(L, 1);

  // db.lua's other functions can defeat the type checks or the stop hook.
  lua_getglobal(L, "debug");
  lua_getfield(L, -1, "traceback");
  lua_createtable(L, 0, 2);
  lua_insert(L, -2);
  lua_setfield(L, -2, "traceback");
  set(L, "getinfo", safe_getinfo);
  lua_pushvalue(L, -1);
  lua_setglobal(L, "debug");
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  lua_insert(L, -2);
  lua_setfield(L, -2, "debug");
  lua_pop(L, 2);

  make_package_safe(L);
  clua_install_coroutines(L);
  clua_install_patterns(L);
  return 0;
}
int clua_open_libraries(lua_State *L) { return clua_protected(L, open_body, NULL, 0, 0); }
