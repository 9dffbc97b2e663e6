#include "alloc.h"
#include <errno.h>
#include <jansson.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int left = -1; /* atomic; -1: none is to fail, -2: one has */

static bool fails(void) {
    int n = __atomic_load_n(&left, __ATOMIC_ACQUIRE);
    while (n >= 0)
        if (__atomic_compare_exchange_n(&left, &n, n == 0 ? -2 : n - 1, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE)) {
            if (n > 0)
                return false;
            errno = ENOMEM;
            return true;
        }
    return false;
}

void alloc_fail(int nth) {
    __atomic_store_n(&left, nth, __ATOMIC_RELEASE);
}

bool alloc_failed(void) {
    return __atomic_exchange_n(&left, -1, __ATOMIC_ACQ_REL) == -2;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
int __real_vasprintf(char **ret, const char *fmt, va_list ap);

void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);
int __wrap_vasprintf(char **ret, const char *fmt, va_list ap);
int __wrap_asprintf(char **ret, const char *fmt, ...);

void *__wrap_malloc(size_t n) {
    return fails() ? NULL : __real_malloc(n);
}
void *__wrap_calloc(size_t n, size_t size) {
    return fails() ? NULL : __real_calloc(n, size);
}
void *__wrap_realloc(void *p, size_t n) {
    return fails() ? NULL : __real_realloc(p, n);
}
char *__wrap_strdup(const char *s) {
    return fails() ? NULL : __real_strdup(s);
}
char *__wrap_strndup(const char *s, size_t n) {
    return fails() ? NULL : __real_strndup(s, n);
}
int __wrap_vasprintf(char **ret, const char *fmt, va_list ap) {
    return fails() ? -1 : __real_vasprintf(ret, fmt, ap);
}
int __wrap_asprintf(char **ret, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    int n = fails() ? -1 : __real_vasprintf(ret, fmt, ap);
    va_end(ap);
    return n;
}

static sqlite3_mem_methods sqlite_own;

static void *sqlite_malloc(int n) {
    return fails() ? NULL : sqlite_own.xMalloc(n);
}
static void *sqlite_realloc(void *p, int n) {
    return fails() ? NULL : sqlite_own.xRealloc(p, n);
}

void alloc_install(void) {
    json_set_alloc_funcs(__wrap_malloc, free);
    sqlite3_mem_methods mine;
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_own);
    mine = sqlite_own;
    mine.xMalloc = sqlite_malloc;
    mine.xRealloc = sqlite_realloc;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &mine);
}
