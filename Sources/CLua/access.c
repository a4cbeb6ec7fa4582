// Values: reading, pushing, tables, references.
#include <string.h>

#include "internal.h"

int clua_top(lua_State *L) { return lua_gettop(L); }
void clua_set_top(lua_State *L, int top) { lua_settop(L, top); }
void clua_remove(lua_State *L, int index) { lua_remove(L, index); }
void clua_insert(lua_State *L, int index) { lua_insert(L, index); }
bool clua_reserve(lua_State *L, int count) { return lua_checkstack(L, count); }

// MARK: reading

int clua_type(lua_State *L, int index) { return lua_type(L, index); }
bool clua_is_integer(lua_State *L, int index) { return lua_isinteger(L, index); }
bool clua_to_boolean(lua_State *L, int index) { return lua_toboolean(L, index); }
double clua_to_number(lua_State *L, int index) {
  return lua_type(L, index) == LUA_TNUMBER ? lua_tonumberx(L, index, NULL) : 0;
}
int64_t clua_to_integer(lua_State *L, int index) {
  return lua_isinteger(L, index) ? lua_tointegerx(L, index, NULL) : 0;
}
const char *clua_to_bytes(lua_State *L, int index, size_t *count) {
  return lua_type(L, index) == LUA_TSTRING ? lua_tolstring(L, index, count) : NULL;
}
const void *clua_to_pointer(lua_State *L, int index) { return lua_topointer(L, index); }
bool clua_raw_equal(lua_State *L, int a, int b) { return lua_rawequal(L, a, b); }
uint64_t clua_raw_length(lua_State *L, int index) { return lua_rawlen(L, index); }

static bool has_field(lua_State *L, int index, const char *name) {
  // lua_rawget with a new string could allocate: walk the metatable instead, which is small.
  if (!lua_checkstack(L, 4) || !lua_getmetatable(L, index)) return false;
  bool found = false;
  lua_pushnil(L);
  while (!found && lua_next(L, -2)) {
    lua_pop(L, 1);
    found = lua_type(L, -1) == LUA_TSTRING && strcmp(lua_tostring(L, -1), name) == 0;
  }
  lua_pop(L, found ? 2 : 1);
  return found;
}
bool clua_has_metatable(lua_State *L, int index) {
  if (!lua_checkstack(L, 1) || !lua_getmetatable(L, index)) return false;
  lua_pop(L, 1);
  return true;
}
bool clua_has_call(lua_State *L, int index) { return has_field(L, index, "__call"); }

const char *clua_type_name(lua_State *L, int index) {
  if (!lua_checkstack(L, 4) || !lua_getmetatable(L, index)) return NULL;
  const char *result = NULL;
  lua_pushnil(L);
  while (lua_next(L, -2)) {
    bool found = lua_type(L, -2) == LUA_TSTRING && strcmp(lua_tostring(L, -2), "__name") == 0;
    if (found) {
      if (lua_type(L, -1) == LUA_TSTRING) result = lua_tostring(L, -1);
      lua_pop(L, 2);
      break;
    }
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  return result;
}

int clua_raw_get_index(lua_State *L, int table, int64_t i) {
  if (!lua_checkstack(L, 1)) return LUA_ERRMEM;
  lua_rawgeti(L, table, i);
  return LUA_OK;
}

size_t clua_read_numbers(lua_State *L, int table, double *out, size_t offset, size_t count) {
  if (!lua_checkstack(L, 1)) return 0;
  for (size_t i = 0; i < count; i++) {
    bool number = lua_rawgeti(L, table, (lua_Integer)(offset + i) + 1) == LUA_TNUMBER;
    if (number) out[i] = lua_tonumberx(L, -1, NULL);
    lua_pop(L, 1);
    if (!number) return i;
  }
  return count;
}

// MARK: pushing

#define PUSH(call)                         \
  if (!lua_checkstack(L, 2)) return LUA_ERRMEM; \
  call;                                    \
  return LUA_OK

// A status of LUA_ERRMEM from these leaves nothing on the stack: clua.h's callers treat it as out of memory.
int clua_push_nil(lua_State *L) { PUSH(lua_pushnil(L)); }
int clua_push_boolean(lua_State *L, bool value) { PUSH(lua_pushboolean(L, value)); }
int clua_push_number(lua_State *L, double value) { PUSH(lua_pushnumber(L, value)); }
int clua_push_integer(lua_State *L, int64_t value) { PUSH(lua_pushinteger(L, value)); }
int clua_push_value(lua_State *L, int index) { PUSH(lua_pushvalue(L, index)); }
int clua_push_globals(lua_State *L) { PUSH(lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS)); }
int clua_push_reference(lua_State *L, int reference) { PUSH(lua_rawgeti(L, LUA_REGISTRYINDEX, reference)); }

typedef struct {
  const char *bytes;
  const double *numbers;
  size_t count;
  int64_t integer;
  int a, b;
} request;
#define REQUEST request *r = lua_touserdata(L, 1)

static int push_bytes_body(lua_State *L) {
  REQUEST;
  lua_pushlstring(L, r->bytes, r->count);
  return 1;
}
int clua_push_bytes(lua_State *L, const char *bytes, size_t count) {
  request r = {.bytes = bytes, .count = count};
  return clua_protected(L, push_bytes_body, &r, 0, 1);
}

static int push_numbers_body(lua_State *L) {
  REQUEST;
  lua_createtable(L, r->count > INT32_MAX ? INT32_MAX : (int)r->count, 0);
  for (size_t i = 0; i < r->count; i++) {
    lua_pushnumber(L, r->numbers[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}
int clua_push_numbers(lua_State *L, const double *values, size_t count) {
  request r = {.numbers = values, .count = count};
  return clua_protected(L, push_numbers_body, &r, 0, 1);
}

static int push_table_body(lua_State *L) {
  REQUEST;
  lua_createtable(L, r->a, r->b);
  return 1;
}
int clua_push_table(lua_State *L, int array, int record) {
  request r = {.a = array, .b = record};
  return clua_protected(L, push_table_body, &r, 0, 1);
}

// MARK: tables

// Pushes the container below `values` values that are already on the stack, then runs the body.
static int with_container(
    lua_State *L, int container, int values, lua_CFunction body, request *r, int output, bool script) {
  container = lua_absindex(L, container);
  if (!lua_checkstack(L, 1)) {
    lua_pop(L, values);
    lua_pushlightuserdata(L, &clua_memory_key);
    return LUA_ERRMEM;
  }
  lua_pushvalue(L, container);
  lua_insert(L, -1 - values);
  return (script ? clua_protected_script : clua_protected)(L, body, r, values + 1, output);
}

static int raw_get_field_body(lua_State *L) {
  REQUEST;
  lua_pushlstring(L, r->bytes, r->count);
  lua_rawget(L, 2);
  return 1;
}
int clua_raw_get_field(lua_State *L, int table, const char *key, size_t count) {
  request r = {.bytes = key, .count = count};
  return with_container(L, table, 0, raw_get_field_body, &r, 1, false);
}

static int get_field_body(lua_State *L) {
  REQUEST;
  lua_pushlstring(L, r->bytes, r->count);
  lua_gettable(L, 2);
  return 1;
}
int clua_get_field(lua_State *L, int value, const char *key, size_t count) {
  request r = {.bytes = key, .count = count};
  return with_container(L, value, 0, get_field_body, &r, 1, true);
}

static int get_index_body(lua_State *L) {
  REQUEST;
  lua_geti(L, 2, r->integer);
  return 1;
}
int clua_get_index(lua_State *L, int value, int64_t i) {
  request r = {.integer = i};
  return with_container(L, value, 0, get_index_body, &r, 1, true);
}

static int set_field_body(lua_State *L) {
  REQUEST;
  lua_pushlstring(L, r->bytes, r->count);
  lua_insert(L, 3);
  lua_settable(L, 2);
  return 0;
}
int clua_set_field(lua_State *L, int value, const char *key, size_t count) {
  request r = {.bytes = key, .count = count};
  return with_container(L, value, 1, set_field_body, &r, 0, true);
}

static int raw_set_field_body(lua_State *L) {
  REQUEST;
  lua_pushlstring(L, r->bytes, r->count);
  lua_insert(L, 3);
  lua_rawset(L, 2);
  return 0;
}
int clua_raw_set_field(lua_State *L, int table, const char *key, size_t count) {
  request r = {.bytes = key, .count = count};
  return with_container(L, table, 1, raw_set_field_body, &r, 0, false);
}

static int raw_set_index_body(lua_State *L) {
  REQUEST;
  lua_rawseti(L, 2, r->integer);
  return 0;
}
int clua_raw_set_index(lua_State *L, int table, int64_t i) {
  request r = {.integer = i};
  return with_container(L, table, 1, raw_set_index_body, &r, 0, false);
}

static int raw_get_body(lua_State *L) {
  lua_rawget(L, 2);
  return 1;
}
int clua_raw_get(lua_State *L, int table) { return with_container(L, table, 1, raw_get_body, NULL, 1, false); }

static int raw_set_body(lua_State *L) {
  if (lua_isnil(L, 3)) return luaL_error(L, "a table key cannot be nil");
  lua_rawset(L, 2);
  return 0;
}
int clua_raw_set(lua_State *L, int table) { return with_container(L, table, 2, raw_set_body, NULL, 0, false); }

static int next_body(lua_State *L) {
  REQUEST;
  r->a = lua_next(L, 2);
  if (!r->a) {
    lua_pushnil(L);
    lua_pushnil(L);
  }
  return 2;
}
int clua_next(lua_State *L, int table, bool *more) {
  request r = {.a = 0};
  int status = with_container(L, table, 1, next_body, &r, 2, false);
  *more = status == LUA_OK && r.a;
  if (status == LUA_OK && !r.a) lua_pop(L, 2);
  return status;
}

static int length_body(lua_State *L) {
  REQUEST;
  r->integer = luaL_len(L, 2);
  return 0;
}
int clua_length(lua_State *L, int index, int64_t *length) {
  request r = {.integer = 0};
  int status = with_container(L, index, 0, length_body, &r, 0, true);
  *length = r.integer;
  return status;
}

static int to_text_body(lua_State *L) {
  luaL_tolstring(L, 2, NULL);
  return 1;
}
int clua_to_text(lua_State *L, int index) { return with_container(L, index, 0, to_text_body, NULL, 1, true); }

// MARK: references

static int reference_body(lua_State *L) {
  REQUEST;
  lua_settop(L, 2);
  r->a = luaL_ref(L, LUA_REGISTRYINDEX);
  return 0;
}
int clua_reference(lua_State *L, int *reference) {
  request r = {.a = LUA_NOREF};
  int status = clua_protected(L, reference_body, &r, 1, 0);
  *reference = r.a;
  return status;
}
void clua_dereference(lua_State *L, int reference) {
  if (lua_checkstack(L, 2)) luaL_unref(L, LUA_REGISTRYINDEX, reference);
}
