// What glibc's malloc has given out, and its free pages handed back to the system: for scripts/soak.mjs, which builds it.
//
// The resident set of a process holds what malloc keeps for later, up to 64 MB for each of its arenas. A leak is what it has given out.
#include <malloc.h>
#include <node_api.h>
#include <stddef.h>

// Bytes in use, of all arenas and of what was mapped by itself.
static napi_value in_use(napi_env env, napi_callback_info info) {
  (void)info;
  const struct mallinfo2 all = mallinfo2();
  napi_value bytes = NULL;
  napi_create_double(env, (double)(all.uordblks + all.hblkhd), &bytes);
  return bytes;
}

static napi_value trim(napi_env env, napi_callback_info info) {
  (void)env;
  (void)info;
  malloc_trim(0);
  return NULL;
}

NAPI_MODULE_INIT() {
  napi_value function = NULL;
  napi_create_function(env, "inUse", NAPI_AUTO_LENGTH, in_use, NULL, &function);
  napi_set_named_property(env, exports, "inUse", function);
  napi_create_function(env, "trim", NAPI_AUTO_LENGTH, trim, NULL, &function);
  napi_set_named_property(env, exports, "trim", function);
  return exports;
}
