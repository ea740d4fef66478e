/* A PKCS#11 module that misbehaves on request, in the ways drivers were seen to.
 *
 * FAULTY      words, separated by commas: see `asked` below
 * FAULTY_DER  the file of the one certificate on the token
 * FAULTY_OUT  while this file exists, the token is out
 * FAULTY_LOG  a file to which the name of each interesting call is added, one a line
 *
 * Types are written out for 64-bit Unix: CK_ULONG is unsigned long, structures are not packed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long U;
typedef unsigned char B;
typedef struct { U type; void *value; U length; } Attribute;

enum {
  OK = 0x00, HOST_MEMORY = 0x02, GENERAL_ERROR = 0x05, FUNCTION_FAILED = 0x06,
  ARGUMENTS_BAD = 0x07, ATTRIBUTE_SENSITIVE = 0x11, ATTRIBUTE_TYPE_INVALID = 0x12,
  FUNCTION_NOT_SUPPORTED = 0x54, OPERATION_NOT_INITIALIZED = 0x91, PIN_INCORRECT = 0xA0,
  SESSION_HANDLE_INVALID = 0xB3, TOKEN_NOT_PRESENT = 0xE0, TOKEN_WRITE_PROTECTED = 0xE2, USER_ALREADY_LOGGED_IN = 0x100,
  USER_NOT_LOGGED_IN = 0x101, BUFFER_TOO_SMALL = 0x150, CRYPTOKI_ALREADY_INITIALIZED = 0x191,
};
enum { CERTIFICATE = 1, PUBLIC_KEY = 2, PRIVATE_KEY = 3 };
enum { CONTEXT_SPECIFIC = 2 };

static int logged_in, context_login, signing, found, wanted_class, sessions;

static int asked(const char *word) {
  const char *all = getenv("FAULTY"), *at = all;
  size_t length = strlen(word);
  while (at && (at = strstr(at, word))) {
    if ((at == all || at[-1] == ',') && (at[length] == 0 || at[length] == ',')) return 1;
    at += length;
  }
  return 0;
}

static void note(const char *line) {
  const char *path = getenv("FAULTY_LOG");
  FILE *log = path ? fopen(path, "a") : NULL;
  if (log) { fprintf(log, "%s\n", line); fclose(log); }
}

static void misbehave(const char *where) {
  char word[64];
  if (asked("print")) {
    /* Both ways of printing: through stdio, and past it. */
    printf("%s called, a very long line of a talkative vendor\n", where);
    fflush(stdout);
    if (write(1, "\0\0\0\7garbage", 11) < 0) _exit(9);
    if (write(2, "also here\n", 10) < 0) _exit(9);
  }
  snprintf(word, sizeof word, "crash-in-%s", where);
  if (asked(word)) abort();
  snprintf(word, sizeof word, "exit-in-%s", where);
  if (asked(word)) _exit(0);
  snprintf(word, sizeof word, "hang-in-%s", where);
  if (asked(word)) for (;;) sleep(1000);
}

static int out(void) {
  const char *path = getenv("FAULTY_OUT");
  return path && !access(path, F_OK);
}

static void padded(B *field, size_t size, const char *text) {
  memset(field, ' ', size);
  memcpy(field, text, strlen(text));
}

static U der(B *into, U size) {
  int file = open(getenv("FAULTY_DER"), O_RDONLY);
  long count = file < 0 ? 0 : read(file, into, size);
  if (file >= 0) close(file);
  return count < 0 ? 0 : (U)count;
}

static U C_Initialize(void *arguments) {
  static int initialized;
  if (initialized) return CRYPTOKI_ALREADY_INITIALIZED;
  note(arguments ? "initialize with locks" : "initialize");
  misbehave("initialize");
  if (asked("no-initialize")) return GENERAL_ERROR;
  initialized = 1;
  return OK;
}

static U C_Finalize(void *reserved) {
  (void)reserved;
  note("finalize");
  sleep(1000); /* unloading a driver may take for ever */
  return OK;
}

static U C_GetSlotList(B present, U *slots, U *count) {
  misbehave("slots");
  if (slots) slots[0] = 7;
  *count = present && out() ? 0 : 1;
  return OK;
}

static U C_GetSlotInfo(U slot, B *info) {
  (void)slot;
  memset(info, 0, 112);
  padded(info, 64, "Faulty Reader");
  padded(info + 64, 32, "Faulty");
  return OK;
}

static U C_GetTokenInfo(U slot, B *info) {
  U *numbers = (U *)(info + 96);
  (void)slot;
  misbehave("token");
  if (out()) return TOKEN_NOT_PRESENT;
  memset(info, 0, 208);
  padded(info, 32, asked("garbage") ? "\xff\xfe\xc3 caf\xe9" : "Faulty Token");
  padded(info + 32, 32, "Faulty");
  padded(info + 64, 16, "Model");
  padded(info + 80, 16, "0001");
  numbers[0] = 0x404 | (asked("pin-pad") ? 0x100 : 0) | (asked("locked") ? 0x40000 : 0);
  numbers[5] = asked("garbage") ? ~0UL : 8; /* longest PIN */
  numbers[6] = asked("garbage") ? ~0UL : 4;
  return OK;
}

static U C_OpenSession(U slot, U flags, void *application, void *notify, U *session) {
  (void)slot, (void)application, (void)notify;
  misbehave("session");
  if (flags & 2) { note("a session for writing"); return TOKEN_WRITE_PROTECTED; }
  *session = (U)++sessions;
  return OK;
}

static U C_CloseSession(U session) { (void)session; return OK; }
static U C_CloseAllSessions(U slot) { (void)slot; logged_in = 0; note("close all"); return OK; }

static U C_Login(U session, U user, B *pin, U length) {
  char line[64];
  (void)session;
  snprintf(line, sizeof line, "login %s %s", user == CONTEXT_SPECIFIC ? "context" : "user",
           pin ? "pin" : "reader");
  note(line);
  misbehave("login");
  if (asked("pin-pad") && (pin || length)) return ARGUMENTS_BAD;
  if (asked("login-fails")) return FUNCTION_FAILED;
  if (user == CONTEXT_SPECIFIC) {
    if (asked("no-context-login")) return FUNCTION_NOT_SUPPORTED;
    if (!signing) return OPERATION_NOT_INITIALIZED;
  } else if (logged_in || asked("already-logged-in-once")) {
    static int told;
    if (logged_in || !told++) return USER_ALREADY_LOGGED_IN;
  }
  if (pin && (length != 6 || memcmp(pin, "123456", 6))) return PIN_INCORRECT;
  if (user == CONTEXT_SPECIFIC) context_login = 1; else logged_in = 1;
  return OK;
}

static U C_Logout(U session) { (void)session; logged_in = 0; note("logout"); return OK; }

static U C_FindObjectsInit(U session, Attribute *template, U count) {
  (void)session;
  misbehave("find");
  wanted_class = count ? (int)*(U *)template[0].value : 0;
  found = 0;
  return OK;
}

static U C_FindObjects(U session, U *objects, U most, U *count) {
  (void)session, (void)most;
  *count = 0;
  if (asked("endless")) { objects[0] = CERTIFICATE; *count = 1; return OK; }
  if (found++) return OK;
  if (wanted_class == PRIVATE_KEY && !logged_in) return OK;
  if (wanted_class == PUBLIC_KEY && asked("no-public-key")) return OK;
  objects[0] = (U)wanted_class;
  *count = 1;
  return OK;
}

static U C_FindObjectsFinal(U session) { (void)session; return OK; }

static U give(Attribute *attribute, const void *value, U length) {
  if (!attribute->value) {
    /* VNPT and NCCA answer the question for the size with 0. */
    attribute->length = asked("zero-sizes") ? 0 : length;
    return OK;
  }
  if (attribute->length < length) { attribute->length = ~0UL; return BUFFER_TOO_SMALL; }
  memcpy(attribute->value, value, length);
  if (asked("whole-buffer"))
    memset((B *)attribute->value + length, 0, attribute->length - length);
  else
    attribute->length = length;
  return OK;
}

static U C_GetAttributeValue(U session, U object, Attribute *attribute, U count) {
  static B buffer[32768];
  U key_type = 0;
  B yes = asked("always-authenticate") ? 1 : 0;
  (void)session;
  if (count != 1) return ARGUMENTS_BAD;
  switch (attribute->type) {
  case 0x102: /* CKA_ID */
    return give(attribute, "\x21", asked("empty-id") ? 0 : 1);
  case 0x11: /* CKA_VALUE */
    if (object != CERTIFICATE) return ATTRIBUTE_SENSITIVE;
    if (asked("garbage")) return give(attribute, "\x30\x03\x02\x01\x01", 5);
    return give(attribute, buffer, der(buffer, sizeof buffer));
  case 0x100: /* CKA_KEY_TYPE */
    return give(attribute, &key_type, sizeof key_type);
  case 0x202: /* CKA_ALWAYS_AUTHENTICATE */
    return give(attribute, &yes, 1);
  default:
    attribute->length = ~0UL;
    return ATTRIBUTE_TYPE_INVALID;
  }
}

static U C_SignInit(U session, void *mechanism, U key) {
  (void)session, (void)mechanism;
  if (!logged_in || key != PRIVATE_KEY) return USER_NOT_LOGGED_IN;
  signing = 1;
  context_login = 0;
  return OK;
}

static U C_Sign(U session, B *data, U length, B *signature, U *size) {
  (void)session, (void)data, (void)length;
  misbehave("sign");
  note("sign");
  if (!signing) return OPERATION_NOT_INITIALIZED;
  if (asked("always-authenticate") && !context_login && !asked("no-context-login"))
    return USER_NOT_LOGGED_IN;
  if (asked("sign-fails")) { signing = 0; return GENERAL_ERROR; }
  if (*size < 256) return BUFFER_TOO_SMALL;
  signing = 0;
  *size = asked("short-signature") ? 10 : 256;
  memset(signature, 0x5A, *size);
  return OK;
}

static U unsupported(void) { return FUNCTION_NOT_SUPPORTED; }

/* CK_FUNCTION_LIST of version 2.20: the version, then the functions in the order of the standard. */
static struct { B version[8]; void *functions[68]; } list;

U C_GetFunctionList(void **where) {
  int n;
  list.version[0] = 2;
  list.version[1] = 20;
  for (n = 0; n < 68; n++) list.functions[n] = (void *)unsupported;
  list.functions[0] = (void *)C_Initialize;
  list.functions[1] = (void *)C_Finalize;
  list.functions[3] = (void *)C_GetFunctionList;
  list.functions[4] = (void *)C_GetSlotList;
  list.functions[5] = (void *)C_GetSlotInfo;
  list.functions[6] = (void *)C_GetTokenInfo;
  list.functions[12] = (void *)C_OpenSession;
  list.functions[13] = (void *)C_CloseSession;
  list.functions[14] = (void *)C_CloseAllSessions;
  list.functions[18] = (void *)C_Login;
  list.functions[19] = (void *)C_Logout;
  list.functions[24] = (void *)C_GetAttributeValue;
  list.functions[26] = (void *)C_FindObjectsInit;
  list.functions[27] = (void *)C_FindObjects;
  list.functions[28] = (void *)C_FindObjectsFinal;
  list.functions[42] = (void *)C_SignInit;
  list.functions[43] = (void *)C_Sign;
  *where = &list;
  return OK;
}
