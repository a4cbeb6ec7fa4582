// Library functions that hand some calls over to Swift: on objects, or while a function is being traced.
#include "internal.h"

void clua_set_guard(lua_State *L, bool guarded) { context_of(L)->guarded = guarded; }

enum { own_upvalue = 1, swift_function = 2, original_function = 3, mode_number = 4 };

// The original runs in this frame, with its own upvalue in its place: its messages name it as before.
static int overloaded(lua_State *L) {
  int mode = (int)lua_tointeger(L, lua_upvalueindex(mode_number));
  int count = lua_gettop(L);
  bool redirect = (mode & CLUA_ON_GUARD) && context_of(L)->guarded;
  if (mode & CLUA_ON_OBJECT)
    for (int i = 1; i <= count && !redirect; i++) redirect = lua_type(L, i) == LUA_TUSERDATA;
  if (redirect) {
    luaL_checkstack(L, count + 2, NULL);
    lua_pushvalue(L, lua_upvalueindex(swift_function));
    if (mode & CLUA_THEN_ORIGINAL) {
      for (int i = 1; i <= count; i++) lua_pushvalue(L, i);
      lua_call(L, count, 0);
    } else {
      lua_insert(L, 1);
      lua_call(L, count, LUA_MULTRET);
      return lua_gettop(L);
    }
  }
  return lua_tocfunction(L, lua_upvalueindex(original_function))(L);
}

static int push_overload_body(lua_State *L) {
  int mode = *(int *)lua_touserdata(L, 1);
  if (!lua_iscfunction(L, 2)) return luaL_error(L, "only a library function can be overloaded");
  if (lua_getupvalue(L, 2, 2)) return luaL_error(L, "this library function cannot be overloaded");
  if (!lua_getupvalue(L, 2, own_upvalue)) lua_pushnil(L);
  lua_pushvalue(L, 3);
  lua_pushvalue(L, 2);
  lua_pushinteger(L, mode);
  lua_pushcclosure(L, overloaded, 4);
  return 1;
}
int clua_push_overload(lua_State *L, int mode) { return clua_protected(L, push_overload_body, &mode, 2, 1); }

static int file_methods_body(lua_State *L) {
  luaL_getmetatable(L, LUA_FILEHANDLE);
  lua_getfield(L, -1, "__index");
  return 1;
}
int clua_push_file_methods(lua_State *L) { return clua_protected(L, file_methods_body, NULL, 0, 1); }
