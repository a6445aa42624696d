#pragma once

#include <dlfcn.h>
#include <errno.h>
#include <lua5.4/lauxlib.h>
#include <lua5.4/lua.h>
#include <lua5.4/lualib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/resource.h>

// One run of a health script, from the first call into Lua to the last.
//
// It is C as a whole: Lua reports errors by longjmp, which must not cross frames of Swift. Everything that can fail in
// Lua, running out of memory included, happens below lua_pcall.
//
// liblua is loaded and not linked: only the worker process ever has it.
struct muster_lua_library {
  lua_State *(*newstate)(lua_Alloc allocate, void *context);
  void (*close)(lua_State *L);
  int (*gettop)(lua_State *L);
  void (*settop)(lua_State *L, int top);
  int (*checkstack)(lua_State *L, int count);
  void (*pushnil)(lua_State *L);
  void (*pushnumber)(lua_State *L, lua_Number number);
  void (*pushinteger)(lua_State *L, lua_Integer number);
  void (*pushboolean)(lua_State *L, int flag);
  void (*pushlightuserdata)(lua_State *L, void *pointer);
  void (*pushvalue)(lua_State *L, int index);
  void (*pushcclosure)(lua_State *L, lua_CFunction function, int count);
  const char *(*pushlstring)(lua_State *L, const char *text, size_t count);
  void (*createtable)(lua_State *L, int items, int members);
  void (*rawset)(lua_State *L, int index);
  void (*rawseti)(lua_State *L, int index, lua_Integer number);
  void (*setglobal)(lua_State *L, const char *name);
  int (*next)(lua_State *L, int index);
  int (*type)(lua_State *L, int index);
  const char *(*typename_of)(lua_State *L, int type);
  const char *(*tolstring)(lua_State *L, int index, size_t *count);
  void *(*touserdata)(lua_State *L, int index);
  int (*pcallk)(lua_State *L, int arguments, int results, int handler, lua_KContext context, lua_KFunction then);
  void (*callk)(lua_State *L, int arguments, int results, lua_KContext context, lua_KFunction then);
  int (*loadbufferx)(lua_State *L, const char *text, size_t count, const char *name, const char *mode);
  void (*requiref)(lua_State *L, const char *name, lua_CFunction open, int is_global);
  int (*raise)(lua_State *L, const char *format, ...);
  lua_CFunction base, string, table, math, coroutine, os, utf8;
};

static inline int muster_lua_load(struct muster_lua_library *into) {
  void *library = dlopen("liblua5.4.so.0", RTLD_NOW | RTLD_LOCAL);
  if (!library) return 0;
  int is_whole = 1;
#define MUSTER_LOAD(field, symbol) \
  is_whole = (*(void **)&into->field = dlsym(library, symbol)) != NULL && is_whole
  MUSTER_LOAD(newstate, "lua_newstate");
  MUSTER_LOAD(close, "lua_close");
  MUSTER_LOAD(gettop, "lua_gettop");
  MUSTER_LOAD(settop, "lua_settop");
  MUSTER_LOAD(checkstack, "lua_checkstack");
  MUSTER_LOAD(pushnil, "lua_pushnil");
  MUSTER_LOAD(pushnumber, "lua_pushnumber");
  MUSTER_LOAD(pushinteger, "lua_pushinteger");
  MUSTER_LOAD(pushboolean, "lua_pushboolean");
  MUSTER_LOAD(pushlightuserdata, "lua_pushlightuserdata");
  MUSTER_LOAD(pushvalue, "lua_pushvalue");
  MUSTER_LOAD(pushcclosure, "lua_pushcclosure");
  MUSTER_LOAD(pushlstring, "lua_pushlstring");
  MUSTER_LOAD(createtable, "lua_createtable");
  MUSTER_LOAD(rawset, "lua_rawset");
  MUSTER_LOAD(rawseti, "lua_rawseti");
  MUSTER_LOAD(setglobal, "lua_setglobal");
  MUSTER_LOAD(next, "lua_next");
  MUSTER_LOAD(type, "lua_type");
  MUSTER_LOAD(typename_of, "lua_typename");
  MUSTER_LOAD(tolstring, "lua_tolstring");
  MUSTER_LOAD(touserdata, "lua_touserdata");
  MUSTER_LOAD(pcallk, "lua_pcallk");
  MUSTER_LOAD(callk, "lua_callk");
  MUSTER_LOAD(loadbufferx, "luaL_loadbufferx");
  MUSTER_LOAD(requiref, "luaL_requiref");
  MUSTER_LOAD(raise, "luaL_error");
  MUSTER_LOAD(base, "luaopen_base");
  MUSTER_LOAD(string, "luaopen_string");
  MUSTER_LOAD(table, "luaopen_table");
  MUSTER_LOAD(math, "luaopen_math");
  MUSTER_LOAD(coroutine, "luaopen_coroutine");
  MUSTER_LOAD(os, "luaopen_os");
  MUSTER_LOAD(utf8, "luaopen_utf8");
#undef MUSTER_LOAD
  return is_whole;
}

// Nil where liblua is not installed. To be called first from one thread.
static inline const struct muster_lua_library *muster_lua(void) {
  static struct muster_lua_library loaded;
  static int state;  // 0 not tried, 1 loaded, -1 not there
  if (state == 0) state = muster_lua_load(&loaded) ? 1 : -1;
  return state == 1 ? &loaded : NULL;
}

// What a script runs on, and what came of it.
struct muster_lua_run {
  const char *prelude;
  size_t prelude_count;
  const char *script;
  size_t script_count;
  // The object: a tag, then what belongs to it. 0 null; 1 false; 2 true; 3 an integer of 8 bytes; 4 a double of 8 bytes;
  // 5 text: a count of 4 bytes and the bytes; 6 a list: a count of 4 bytes and the items; 7 a mapping: a count of 4 bytes
  // and for each member a text without tag and a value. The machine's own byte order.
  const unsigned char *object;
  const unsigned char *object_end;
  // Bytes that Lua may hold at once, and holds.
  size_t memory_limit;
  size_t memory;
  // 0 no result (nil, or an empty table); 1 a status; 2 an error.
  int outcome;
  // Nul-terminated; cut where they do not fit.
  char status[64];
  char message[4096];
};

static inline void *muster_lua_allocate(void *context, void *block, size_t old_size, size_t new_size) {
  struct muster_lua_run *run = context;
  size_t known = block ? old_size : 0;
  if (new_size == 0) {
    run->memory -= known;
    free(block);
    return NULL;
  }
  if (new_size > known && new_size - known > run->memory_limit - run->memory) return NULL;
  void *grown = realloc(block, new_size);
  if (grown) run->memory = run->memory - known + new_size;
  return grown;
}

static inline const unsigned char *muster_lua_take(lua_State *L, struct muster_lua_run *run, size_t count) {
  if ((size_t)(run->object_end - run->object) < count) muster_lua()->raise(L, "the object is cut short");
  const unsigned char *start = run->object;
  run->object += count;
  return start;
}

static inline uint32_t muster_lua_count(lua_State *L, struct muster_lua_run *run) {
  uint32_t count;
  memcpy(&count, muster_lua_take(L, run, sizeof count), sizeof count);
  return count;
}

static inline void muster_lua_push_text(lua_State *L, struct muster_lua_run *run) {
  uint32_t count = muster_lua_count(L, run);
  muster_lua()->pushlstring(L, (const char *)muster_lua_take(L, run, count), count);
}

#define MUSTER_LUA_DEPTH 500

static inline void muster_lua_push(lua_State *L, struct muster_lua_run *run, int depth) {
  const struct muster_lua_library *lua = muster_lua();
  if (depth > MUSTER_LUA_DEPTH || !lua->checkstack(L, 4)) lua->raise(L, "the object is nested too deeply");
  switch (*muster_lua_take(L, run, 1)) {
    case 1: lua->pushboolean(L, 0); return;
    case 2: lua->pushboolean(L, 1); return;
    case 3: {
      int64_t number;
      memcpy(&number, muster_lua_take(L, run, sizeof number), sizeof number);
      lua->pushinteger(L, number);
      return;
    }
    case 4: {
      double number;
      memcpy(&number, muster_lua_take(L, run, sizeof number), sizeof number);
      lua->pushnumber(L, number);
      return;
    }
    case 5: muster_lua_push_text(L, run); return;
    case 6: {
      uint32_t count = muster_lua_count(L, run), kept = 0;
      lua->createtable(L, 0, 0);
      for (uint32_t i = 0; i < count; i++) {
        muster_lua_push(L, run, depth + 1);
        // A list of Lua has no holes: nulls are left out, as in Argo CD.
        if (lua->type(L, -1) == LUA_TNIL) lua->settop(L, -2);
        else lua->rawseti(L, -2, ++kept);
      }
      return;
    }
    case 7: {
      uint32_t count = muster_lua_count(L, run);
      lua->createtable(L, 0, 0);
      for (uint32_t i = 0; i < count; i++) {
        muster_lua_push_text(L, run);
        muster_lua_push(L, run, depth + 1);
        lua->rawset(L, -3);
      }
      return;
    }
    default: lua->pushnil(L); return;
  }
}

static inline void muster_lua_keep(char *into, size_t room, const char *text, size_t count) {
  if (count >= room) count = room - 1;
  memcpy(into, text, count);
  into[count] = 0;
}

static inline void muster_lua_fail(struct muster_lua_run *run, const char *text, size_t count) {
  run->outcome = 2;
  muster_lua_keep(run->message, sizeof run->message, text, count);
}

// Takes status and message out of the table on the top, whatever the case of their names, as Go's JSON does.
static inline void muster_lua_read(lua_State *L, struct muster_lua_run *run) {
  const struct muster_lua_library *lua = muster_lua();
  int is_empty = 1;
  lua->pushnil(L);
  while (lua->next(L, -2)) {
    is_empty = 0;
    if (lua->type(L, -2) == LUA_TSTRING) {
      const char *key = lua->tolstring(L, -2, NULL);
      int is_status = strcasecmp(key, "status") == 0, is_message = strcasecmp(key, "message") == 0;
      if ((is_status || is_message) && lua->type(L, -1) != LUA_TSTRING) {
        lua->raise(L, "the script returned a %s that is no text but a %s", key, lua->typename_of(L, lua->type(L, -1)));
      }
      size_t count;
      const char *text = is_status || is_message ? lua->tolstring(L, -1, &count) : NULL;
      if (is_status) muster_lua_keep(run->status, sizeof run->status, text, count);
      if (is_message) muster_lua_keep(run->message, sizeof run->message, text, count);
    }
    lua->settop(L, -2);
  }
  run->outcome = is_empty ? 0 : 1;
}

static inline void muster_lua_open(lua_State *L) {
  const struct muster_lua_library *lua = muster_lua();
  lua->requiref(L, "_G", lua->base, 1);
  lua->requiref(L, "string", lua->string, 1);
  lua->requiref(L, "table", lua->table, 1);
  lua->requiref(L, "math", lua->math, 1);
  lua->requiref(L, "coroutine", lua->coroutine, 1);
  lua->requiref(L, "utf8", lua->utf8, 1);
  lua->requiref(L, "os", lua->os, 1);
  lua->settop(L, 1);
}

// The protected part; the run is its argument.
static inline int muster_lua_main(lua_State *L) {
  const struct muster_lua_library *lua = muster_lua();
  struct muster_lua_run *run = lua->touserdata(L, 1);
  muster_lua_open(L);
  if (lua->loadbufferx(L, run->prelude, run->prelude_count, "=prelude", "t") != LUA_OK) goto failed;
  lua->callk(L, 0, 0, 0, NULL);
  muster_lua_push(L, run, 0);
  lua->setglobal(L, "obj");
  if (lua->loadbufferx(L, run->script, run->script_count, "=script", "t") != LUA_OK) goto failed;
  lua->callk(L, 0, LUA_MULTRET, 0, NULL);
  // The last of several results counts, as in Argo CD.
  if (lua->gettop(L) == 1 || lua->type(L, -1) == LUA_TNIL) return 0;
  if (lua->type(L, -1) != LUA_TTABLE) {
    lua->raise(L, "expect table output from Lua script, not %s", lua->typename_of(L, lua->type(L, -1)));
  }
  muster_lua_read(L, run);
  return 0;
failed: {
  size_t count;
  const char *text = lua->tolstring(L, -1, &count);
  muster_lua_fail(run, text ? text : "", text ? count : 0);
  return 0;
}
}

// Runs a script; what came of it stands in `run`.
static inline void muster_lua_execute(struct muster_lua_run *run) {
  const struct muster_lua_library *lua = muster_lua();
  run->memory = 0;
  run->outcome = 0;
  run->status[0] = run->message[0] = 0;
  lua_State *L = lua->newstate(muster_lua_allocate, run);
  if (!L) {
    muster_lua_fail(run, "not enough memory", 17);
    return;
  }
  // Neither can fail: a fresh state has room on its stack for both.
  lua->pushcclosure(L, muster_lua_main, 0);
  lua->pushlightuserdata(L, run);
  if (lua->pcallk(L, 1, 0, 0, 0, NULL) != LUA_OK) {
    size_t count = 0;
    const char *text = lua->type(L, -1) == LUA_TSTRING ? lua->tolstring(L, -1, &count) : NULL;
    if (text) {
      muster_lua_fail(run, text, count);
    } else {
      muster_lua_fail(run, "the script raised an error that is no text", 42);
    }
  }
  lua->close(L);
}

// What the process keeps to from now on, whatever runs in it: memory, no further files, no output beyond what is open.
static inline int muster_confine(uint64_t address_space) {
  struct rlimit memory = {address_space, address_space}, none = {0, 0};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) != 0) return errno;
  if (setrlimit(RLIMIT_CORE, &none) != 0) return errno;
  if (setrlimit(RLIMIT_FSIZE, &none) != 0) return errno;
  if (setrlimit(RLIMIT_NOFILE, &none) != 0) return errno;
  if (setrlimit(RLIMIT_AS, &memory) != 0) return errno;
  return 0;
}

// The process ends by a signal when it has worked for `seconds` more.
static inline int muster_limit_processor(uint64_t seconds) {
  struct rusage used;
  if (getrusage(RUSAGE_SELF, &used) != 0) return errno;
  struct rlimit limit;
  if (getrlimit(RLIMIT_CPU, &limit) != 0) return errno;
  limit.rlim_cur = (rlim_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + seconds + 1;
  if (limit.rlim_max != RLIM_INFINITY && limit.rlim_cur > limit.rlim_max) limit.rlim_cur = limit.rlim_max;
  return setrlimit(RLIMIT_CPU, &limit) == 0 ? 0 : errno;
}
