/**
 * C that stands for the import library of Node on Windows: it takes the functions from the program
 * that has loaded the binary, whatever its file is called (Electron, a renamed node.exe), or from
 * libnode.dll, where Node was built as one. An import by name would look for a file `node.exe`.
 *
 * @param names The functions of Node-API. Code that declares them as imported reads their addresses
 *   from variables `__imp_<name>`, which the linker fills in otherwise.
 */
export function windowsHost(names) {
  return `#include <windows.h>

#define EACH(f) ${names.map((name) => `f(${name})`).join(' ')}

#define ADDRESS(name) FARPROC __imp_##name;
EACH(ADDRESS)

#define ENTRY(name) {&__imp_##name, #name},
static const struct { FARPROC *address; const char *name; } functions[] = {EACH(ENTRY)};

/* Before anything calls them. Newer functions than the host has stay NULL; without any it is no Node. */
BOOL WINAPI DllMain(HINSTANCE self, DWORD reason, LPVOID reserved) {
  (void)self, (void)reserved;
  if (reason != DLL_PROCESS_ATTACH) return TRUE;
  HMODULE host = GetModuleHandleA("libnode.dll");
  if (host == NULL) host = GetModuleHandleA(NULL);
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    *functions[i].address = GetProcAddress(host, functions[i].name);
  }
  return __imp_napi_throw_error != NULL;
}
`
}
