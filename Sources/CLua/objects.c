// Swift objects as userdata, and the one trampoline through which Lua calls Swift.
#include "internal.h"

typedef struct {
  void *object;
} object_box;
typedef struct {
  void *object;
  clua_callback callback;
} function_box;

static char object_key;    // a metatable that has it belongs to an object_box
static char function_key;  // metatable of function boxes

typedef struct {
  void *object;
  clua_callback callback;
  const char *name;
  int type;
} request;

// MARK: objects

static object_box *to_box(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TUSERDATA || !lua_checkstack(L, 2) || !lua_getmetatable(L, index)) return NULL;
  bool ours = lua_rawgetp(L, -1, &object_key) == LUA_TBOOLEAN;
  lua_pop(L, 2);
  return ours ? lua_touserdata(L, index) : NULL;
}

void *clua_to_object(lua_State *L, int index, bool *closed) {
  object_box *box = to_box(L, index);
  *closed = box && !box->object;
  return box ? box->object : NULL;
}

static void close_box(lua_State *L, object_box *box) {
  void *object = box->object;
  box->object = NULL;
  if (object) context_of(L)->release(object);
}

void clua_close_object(lua_State *L, int index) {
  object_box *box = to_box(L, index);
  if (box) close_box(L, box);
}

static int collect_object(lua_State *L) {
  clua_close_object(L, 1);
  return 0;
}

static int push_object_body(lua_State *L) {
  request *r = lua_touserdata(L, 1);
  object_box *box = lua_newuserdatauv(L, sizeof *box, 0);
  box->object = NULL;
  lua_rawgeti(L, LUA_REGISTRYINDEX, r->type);
  lua_setmetatable(L, -2);
  box->object = r->object;  // nothing can fail any more: ownership has moved
  return 1;
}
int clua_push_object(lua_State *L, void *object, int type) {
  request r = {.object = object, .type = type};
  return clua_protected(L, push_object_body, &r, 0, 1);
}

static int new_type_body(lua_State *L) {
  request *r = lua_touserdata(L, 1);
  lua_createtable(L, 0, 12);
  lua_pushstring(L, r->name);
  lua_setfield(L, -2, "__name");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_pushcfunction(L, collect_object);
  lua_setfield(L, -2, "__gc");
  lua_pushboolean(L, 1);
  lua_rawsetp(L, -2, &object_key);
  r->type = luaL_ref(L, LUA_REGISTRYINDEX);
  return 0;
}
int clua_new_type(lua_State *L, const char *name, int *type) {
  request r = {.name = name};
  int status = clua_protected(L, new_type_body, &r, 0, 0);
  if (status == LUA_OK) *type = r.type;
  return status;
}

static int set_metamethod_body(lua_State *L) {
  request *r = lua_touserdata(L, 1);
  lua_rawgeti(L, LUA_REGISTRYINDEX, r->type);
  lua_insert(L, 2);
  lua_setfield(L, 2, r->name);
  return 0;
}
int clua_set_metamethod(lua_State *L, int type, const char *name) {
  request r = {.name = name, .type = type};
  return clua_protected(L, set_metamethod_body, &r, 1, 0);
}

// obj.key: a method from the table, anything else from the Swift function.
static int index_object(lua_State *L) {
  lua_settop(L, 2);
  if (lua_type(L, 2) == LUA_TSTRING) {
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 1;
    lua_pop(L, 1);
  }
  lua_pushvalue(L, lua_upvalueindex(2));
  lua_insert(L, 1);
  lua_call(L, 2, 1);
  return 1;
}
static int set_index_body(lua_State *L) {
  request *r = lua_touserdata(L, 1);
  lua_pushcclosure(L, index_object, 2);
  lua_rawgeti(L, LUA_REGISTRYINDEX, r->type);
  lua_insert(L, -2);
  lua_setfield(L, -2, "__index");
  return 0;
}
int clua_set_index_methods(lua_State *L, int type) {
  request r = {.type = type};
  return clua_protected(L, set_index_body, &r, 2, 0);
}

// MARK: functions

static int trampoline(lua_State *L) {
  function_box *box = lua_touserdata(L, lua_upvalueindex(1));
  clua_context *c = context_of(L);
  c->current = L;
  if (should_stop(c)) return clua_raise_stop(L);
  int result = box->callback(L, box->object, lua_gettop(L));  // Swift frames live only inside this call
  if (result >= 0) return result;
  switch (result) {
    case CLUA_STOP:
      clua_arm(L);
      return clua_raise_stop(L);
    case CLUA_NOMEM:
      luaL_checkstack(L, 1, NULL);
      lua_pushlightuserdata(L, &clua_memory_key);
      return lua_error(L);
    case CLUA_RETHROW:
      if (c->has_traceback) {  // another error may have come and gone meanwhile
        luaL_checkstack(L, 1, NULL);
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &clua_traceback_key);
      }
      return lua_error(L);  // the error value is on top
    default:
      luaL_checkstack(L, 4, NULL);
      clua_push_where(L);
      lua_pushlstring(L, c->error, c->error_count);
      lua_concat(L, 2);
      return lua_error(L);
  }
}

static int collect_function(lua_State *L) {
  function_box *box = lua_touserdata(L, 1);
  void *object = box->object;
  box->object = NULL;
  if (object) context_of(L)->release(object);
  return 0;
}

static int push_function_body(lua_State *L) {
  request *r = lua_touserdata(L, 1);
  function_box *box = lua_newuserdatauv(L, sizeof *box, 0);
  box->object = NULL;
  box->callback = r->callback;
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &function_key) == LUA_TNIL) {
    lua_pop(L, 1);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, collect_function);
    lua_setfield(L, -2, "__gc");
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &function_key);
  }
  lua_setmetatable(L, -2);
  lua_pushcclosure(L, trampoline, 1);
  box->object = r->object;
  return 1;
}
int clua_push_function(lua_State *L, void *object, clua_callback callback) {
  request r = {.object = object, .callback = callback};
  return clua_protected(L, push_function_body, &r, 0, 1);
}

void *clua_to_function_object(lua_State *L, int index) {
  if (lua_tocfunction(L, index) != trampoline || !lua_checkstack(L, 1)) return NULL;
  index = lua_absindex(L, index);
  lua_getupvalue(L, index, 1);
  function_box *box = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return box ? box->object : NULL;
}
