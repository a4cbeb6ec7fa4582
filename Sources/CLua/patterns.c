// string.find, match, gmatch and gsub as the Lua 5.4 manual (§6.4.1) defines them, with a matcher that
// counts its steps and looks at the stop flag: the stock one can run for years on a short subject.
//
// The matcher follows the structure of lstrlib.c, which is
// Copyright © 1994–2022 Lua.org, PUC-Rio, under the MIT licence.
#define _GNU_SOURCE  // memmem
#include <ctype.h>
#include <string.h>

#include "internal.h"

enum { most_captures = 32, most_nesting = 200, open_capture = -1, position_capture = -2, poll_interval = 4096 };

typedef struct {
  lua_State *L;
  clua_context *context;
  const char *begin, *end;  // the subject
  const char *pattern_end;
  int nesting;
  unsigned steps;
  int level;  // captures, finished or not
  struct {
    const char *begin;
    ptrdiff_t length;
  } capture[most_captures];
} matcher;

static const char *match(matcher *m, const char *s, const char *p);

static void count_step(matcher *m) {
  if (++m->steps % poll_interval == 0 && should_stop(m->context)) clua_raise_stop(m->L);
}

// The end of the single-character class that starts at p.
static const char *class_end(matcher *m, const char *p) {
  char c = *p++;
  if (c == '%') {
    if (p == m->pattern_end) luaL_error(m->L, "malformed pattern (ends with '%%')");
    return p + 1;
  }
  if (c != '[') return p;
  if (*p == '^') p++;
  do {  // the first character may be ']'
    if (p == m->pattern_end) luaL_error(m->L, "malformed pattern (missing ']')");
    if (*p++ == '%') {
      if (p == m->pattern_end) luaL_error(m->L, "malformed pattern (missing ']')");
      p++;
    }
  } while (p == m->pattern_end || *p != ']');
  return p + 1;
}

static bool in_class(int c, int class) {
  bool found;
  switch (tolower(class)) {
    case 'a': found = isalpha(c); break;
    case 'c': found = iscntrl(c); break;
    case 'd': found = isdigit(c); break;
    case 'g': found = isgraph(c); break;
    case 'l': found = islower(c); break;
    case 'p': found = ispunct(c); break;
    case 's': found = isspace(c); break;
    case 'u': found = isupper(c); break;
    case 'w': found = isalnum(c); break;
    case 'x': found = isxdigit(c); break;
    default: return class == c;
  }
  return isupper(class) ? !found : found;
}

// Whether c is in the set from p ('[') to last (']').
static bool in_set(int c, const char *p, const char *last) {
  bool inside = true;
  if (p[1] == '^') {
    inside = false;
    p++;
  }
  while (++p < last) {
    if (*p == '%') {
      p++;
      if (in_class(c, (unsigned char)*p)) return inside;
    } else if (p[1] == '-' && p + 2 < last) {
      p += 2;
      if ((unsigned char)p[-2] <= c && c <= (unsigned char)*p) return inside;
    } else if ((unsigned char)*p == c) {
      return inside;
    }
  }
  return !inside;
}

static bool matches_one(matcher *m, const char *s, const char *p, const char *after) {
  if (s >= m->end) return false;
  int c = (unsigned char)*s;
  switch (*p) {
    case '.': return true;
    case '%': return in_class(c, (unsigned char)p[1]);
    case '[': return in_set(c, p, after - 1);
    default: return (unsigned char)*p == c;
  }
}

static const char *balanced(matcher *m, const char *s, const char *p) {
  if (p >= m->pattern_end - 1) luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
  if (s >= m->end || *s != p[0]) return NULL;
  int depth = 1;
  while (++s < m->end) {
    count_step(m);
    if (*s == p[1]) {
      if (--depth == 0) return s + 1;
    } else if (*s == p[0]) {
      depth++;
    }
  }
  return NULL;
}

static const char *longest_first(matcher *m, const char *s, const char *p, const char *after) {
  ptrdiff_t i = 0;
  while (matches_one(m, s + i, p, after)) {
    count_step(m);
    i++;
  }
  for (; i >= 0; i--) {
    const char *result = match(m, s + i, after + 1);
    if (result) return result;
  }
  return NULL;
}

static const char *shortest_first(matcher *m, const char *s, const char *p, const char *after) {
  for (;; s++) {
    const char *result = match(m, s, after + 1);
    if (result) return result;
    if (!matches_one(m, s, p, after)) return NULL;
  }
}

static const char *start_capture(matcher *m, const char *s, const char *p, ptrdiff_t what) {
  if (m->level >= most_captures) luaL_error(m->L, "too many captures");
  m->capture[m->level].begin = s;
  m->capture[m->level].length = what;
  m->level++;
  const char *result = match(m, s, p);
  if (!result) m->level--;
  return result;
}

static const char *end_capture(matcher *m, const char *s, const char *p) {
  int level = m->level - 1;
  while (level >= 0 && m->capture[level].length != open_capture) level--;
  if (level < 0) luaL_error(m->L, "invalid pattern capture");
  m->capture[level].length = s - m->capture[level].begin;
  const char *result = match(m, s, p);
  if (!result) m->capture[level].length = open_capture;
  return result;
}

static const char *back_reference(matcher *m, const char *s, int digit) {
  int level = digit - '1';
  if (level < 0 || level >= m->level || m->capture[level].length == open_capture)
    luaL_error(m->L, "invalid capture index %%%d", level + 1);
  // A position capture has length -2, which as a size is never available.
  size_t length = (size_t)m->capture[level].length;
  if ((size_t)(m->end - s) >= length && memcmp(m->capture[level].begin, s, length) == 0) return s + length;
  return NULL;
}

static const char *frontier(matcher *m, const char *s, const char *p, const char **next) {
  if (p >= m->pattern_end || *p != '[') luaL_error(m->L, "missing '[' after '%%f' in pattern");
  *next = class_end(m, p);
  int before = s == m->begin ? 0 : (unsigned char)s[-1];
  int here = s < m->end ? (unsigned char)*s : 0;
  return !in_set(before, p, *next - 1) && in_set(here, p, *next - 1) ? s : NULL;
}

static const char *match(matcher *m, const char *s, const char *p) {
  if (m->nesting-- == 0) luaL_error(m->L, "pattern too complex");
  count_step(m);
  while (s && p != m->pattern_end) {
    if (*p == '(') {
      s = p + 1 < m->pattern_end && p[1] == ')' ? start_capture(m, s, p + 2, position_capture)
                                                : start_capture(m, s, p + 1, open_capture);
      break;
    }
    if (*p == ')') {
      s = end_capture(m, s, p + 1);
      break;
    }
    if (*p == '$' && p + 1 == m->pattern_end) {
      if (s != m->end) s = NULL;
      break;
    }
    if (*p == '%' && p + 1 < m->pattern_end) {
      if (p[1] == 'b') {
        s = balanced(m, s, p + 2);
        p += 4;
        continue;
      }
      if (p[1] == 'f') {
        s = frontier(m, s, p + 2, &p);
        continue;
      }
      if (isdigit((unsigned char)p[1])) {
        s = back_reference(m, s, (unsigned char)p[1]);
        p += 2;
        continue;
      }
    }
    const char *after = class_end(m, p);
    char suffix = after < m->pattern_end ? *after : 0;
    if (suffix == '*' || suffix == '+') {
      if (suffix == '+') {
        if (!matches_one(m, s, p, after)) {
          s = NULL;
          break;
        }
        s++;
      }
      s = longest_first(m, s, p, after);
      break;
    }
    if (suffix == '-') {
      s = shortest_first(m, s, p, after);
      break;
    }
    if (suffix == '?') {
      const char *result;
      if (matches_one(m, s, p, after) && (result = match(m, s + 1, after + 1))) {
        s = result;
        break;
      }
      p = after + 1;
      continue;
    }
    s = matches_one(m, s, p, after) ? s + 1 : NULL;
    p = after;
  }
  m->nesting++;
  return s;
}

// MARK: captures

static void push_capture(matcher *m, int i, const char *s, const char *e) {
  if (i >= m->level) {
    if (i != 0) luaL_error(m->L, "invalid capture index %%%d", i + 1);
    lua_pushlstring(m->L, s, (size_t)(e - s));  // the whole match
    return;
  }
  ptrdiff_t length = m->capture[i].length;
  if (length == open_capture) luaL_error(m->L, "unfinished capture");
  if (length == position_capture)
    lua_pushinteger(m->L, m->capture[i].begin - m->begin + 1);
  else
    lua_pushlstring(m->L, m->capture[i].begin, (size_t)length);
}

static int push_captures(matcher *m, const char *s, const char *e) {
  int count = m->level == 0 && s ? 1 : m->level;
  luaL_checkstack(m->L, count, "too many captures");
  for (int i = 0; i < count; i++) push_capture(m, i, s, e);
  return count;
}

static void prepare(matcher *m, lua_State *L, const char *s, size_t ls, const char *p, size_t lp) {
  m->L = L;
  m->context = context_of(L);
  m->begin = s;
  m->end = s + ls;
  m->pattern_end = p + lp;
  m->nesting = most_nesting;
  m->steps = 0;
  m->level = 0;
}

static const char *match_at(matcher *m, const char *s, const char *p) {
  m->level = 0;
  m->nesting = most_nesting;
  return match(m, s, p);
}

// The 0-based start of a search from `init`, counted from the end if negative.
static size_t start_of(lua_Integer init, size_t length) {
  if (init > 0) return (size_t)init - 1;
  if (init == 0) return 0;
  return init < -(lua_Integer)length ? 0 : length - (size_t)-init;
}

// MARK: the four functions

static const char *plain_find(const char *s, size_t ls, const char *p, size_t lp) {
  return lp == 0 ? s : memmem(s, ls, p, lp);
}

static bool is_plain(const char *p, size_t lp) {
  for (size_t i = 0; i < lp; i++)
    if (p[i] && strchr("^$*+?.([%-", p[i])) return false;
  return true;
}

static int find_or_match(lua_State *L, bool find) {
  size_t ls, lp;
  const char *s = luaL_checklstring(L, 1, &ls);
  const char *p = luaL_checklstring(L, 2, &lp);
  size_t init = start_of(luaL_optinteger(L, 3, 1), ls);
  if (init > ls) {
    luaL_pushfail(L);
    return 1;
  }
  if (find && (lua_toboolean(L, 4) || is_plain(p, lp))) {
    const char *found = plain_find(s + init, ls - init, p, lp);
    if (!found) {
      luaL_pushfail(L);
      return 1;
    }
    lua_pushinteger(L, found - s + 1);
    lua_pushinteger(L, found - s + (lua_Integer)lp);
    return 2;
  }
  bool anchored = lp > 0 && *p == '^';
  matcher m;
  prepare(&m, L, s, ls, p, lp);
  if (anchored) p++;
  const char *from = s + init;
  do {
    const char *e = match_at(&m, from, p);
    if (!e) continue;
    if (!find) return push_captures(&m, from, e);
    lua_pushinteger(L, from - s + 1);
    lua_pushinteger(L, e - s);
    return push_captures(&m, NULL, NULL) + 2;
  } while (from++ < m.end && !anchored);
  luaL_pushfail(L);
  return 1;
}

static int safe_find(lua_State *L) { return find_or_match(L, true); }
static int safe_match(lua_State *L) { return find_or_match(L, false); }

typedef struct {
  const char *source, *pattern, *last_end;
  matcher matcher;
} iteration;

static int gmatch_next(lua_State *L) {
  iteration *g = lua_touserdata(L, lua_upvalueindex(3));
  g->matcher.L = L;
  for (const char *s = g->source; s <= g->matcher.end; s++) {
    const char *e = match_at(&g->matcher, s, g->pattern);
    if (e && e != g->last_end) {
      g->source = g->last_end = e;
      return push_captures(&g->matcher, s, e);
    }
  }
  return 0;
}

static int safe_gmatch(lua_State *L) {
  size_t ls, lp;
  const char *s = luaL_checklstring(L, 1, &ls);
  const char *p = luaL_checklstring(L, 2, &lp);
  size_t init = start_of(luaL_optinteger(L, 3, 1), ls);
  lua_settop(L, 2);  // the closure keeps both strings alive
  iteration *g = lua_newuserdatauv(L, sizeof *g, 0);
  prepare(&g->matcher, L, s, ls, p, lp);
  g->source = s + (init > ls ? ls + 1 : init);
  g->pattern = p;
  g->last_end = NULL;
  lua_pushcclosure(L, gmatch_next, 3);
  return 1;
}

// Adds the replacement string on stack index 3, with %0-%9 filled in.
static void add_string(matcher *m, luaL_Buffer *b, const char *s, const char *e) {
  size_t length;
  const char *text = lua_tolstring(m->L, 3, &length);
  const char *end = text + length;
  for (const char *percent; (percent = memchr(text, '%', (size_t)(end - text))); text = percent + 1) {
    luaL_addlstring(b, text, (size_t)(percent - text));
    percent++;
    if (percent < end && *percent == '%') {
      luaL_addchar(b, '%');
    } else if (percent < end && *percent == '0') {
      luaL_addlstring(b, s, (size_t)(e - s));
    } else if (percent < end && isdigit((unsigned char)*percent)) {
      push_capture(m, *percent - '1', s, e);
      luaL_tolstring(m->L, -1, NULL);  // a position capture is an integer
      lua_remove(m->L, -2);
      luaL_addvalue(b);
    } else {
      luaL_error(m->L, "invalid use of '%%' in replacement string");
    }
  }
  luaL_addlstring(b, text, (size_t)(end - text));
}

// Whether the match was replaced by something else.
static bool add_value(matcher *m, luaL_Buffer *b, const char *s, const char *e, int kind) {
  lua_State *L = m->L;
  if (kind == LUA_TFUNCTION) {
    lua_pushvalue(L, 3);
    lua_call(L, push_captures(m, s, e), 1);
  } else if (kind == LUA_TTABLE) {
    push_capture(m, 0, s, e);
    lua_gettable(L, 3);
  } else {
    add_string(m, b, s, e);
    return true;
  }
  if (!lua_toboolean(L, -1)) {
    lua_pop(L, 1);
    luaL_addlstring(b, s, (size_t)(e - s));
    return false;
  }
  if (!lua_isstring(L, -1)) luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
  luaL_addvalue(b);
  return true;
}

static int safe_gsub(lua_State *L) {
  size_t ls, lp;
  const char *s = luaL_checklstring(L, 1, &ls);
  const char *p = luaL_checklstring(L, 2, &lp);
  int kind = lua_type(L, 3);
  lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)ls + 1);
  luaL_argexpected(
      L, kind == LUA_TNUMBER || kind == LUA_TSTRING || kind == LUA_TFUNCTION || kind == LUA_TTABLE, 3,
      "string/function/table");
  if (kind == LUA_TNUMBER) lua_tolstring(L, 3, NULL);
  bool anchored = lp > 0 && *p == '^', changed = false;
  matcher m;
  prepare(&m, L, s, ls, p, lp);
  if (anchored) p++;
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  const char *last_end = NULL;
  lua_Integer count = 0;
  while (count < most) {
    const char *e = match_at(&m, s, p);
    if (e && e != last_end) {
      count++;
      changed = add_value(&m, &b, s, e, kind) || changed;
      s = last_end = e;
    } else if (s < m.end) {
      luaL_addchar(&b, *s);
      s++;
    } else {
      break;
    }
    if (anchored) break;
  }
  if (!changed) {
    lua_pushvalue(L, 1);
  } else {
    luaL_addlstring(&b, s, (size_t)(m.end - s));
    luaL_pushresult(&b);
  }
  lua_pushinteger(L, count);
  return 2;
}

int clua_install_patterns(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"find", safe_find}, {"match", safe_match}, {"gmatch", safe_gmatch}, {"gsub", safe_gsub}, {NULL, NULL}};
  lua_getglobal(L, "string");
  luaL_setfuncs(L, functions, 0);
  lua_pop(L, 1);
  return 0;
}
