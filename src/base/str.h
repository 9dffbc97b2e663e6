/* str.h - borrowed strings: a pointer and a length, never assumed to end in NUL. */
#pragma once
#include "base/base.h"

struct arena;

struct str {
    const char *p;
    size_t n;
};

#define STR(literal) ((struct str){("" literal), sizeof(literal) - 1})
#define STR_NULL ((struct str){NULL, 0})
#define STR_FMT "%.*s"
#define STR_ARG(s) (int)(s).n, (s).p ? (s).p : ""

struct str str_of(const char *cstr);              /* NULL gives STR_NULL */
struct str str_make(const char *p, size_t n);
bool str_eq(struct str a, struct str b);
bool str_eq_nocase(struct str a, struct str b);   /* ASCII only */
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
int str_cmp(struct str a, struct str b);
ptrdiff_t str_index(struct str s, char c);        /* -1: absent */
ptrdiff_t str_find(struct str s, struct str what);
struct str str_slice(struct str s, size_t from, size_t to); /* clamps */
struct str str_trim(struct str s);                /* ASCII white space, both ends */
/* Cuts at the first sep: *ret_head is what is before it, the rest returned; without sep the rest
 * is STR_NULL and the head is everything. */
struct str str_cut(struct str s, char sep, struct str *ret_head);
/* Whole-string decimal; false (and *ret untouched) on anything else or overflow. */
bool str_to_i64(struct str s, int64_t *ret);
bool str_to_u64(struct str s, uint64_t *ret);
bool str_to_f64(struct str s, double *ret);       /* '.' as the point whatever the locale; finite */
/* Exactly 2n hex digits into n bytes; false: anything else, and dst is as it was or half filled. */
bool str_unhex(struct str s, uint8_t *dst, size_t n);
bool str_is_utf8(struct str s);                   /* RFC 3629, no surrogates, no overlong forms */
/* NUL-terminated copies in the arena; NULL or STR_NULL when the arena is at its ceiling. */
char *str_cstr(struct arena *a, struct str s);
struct str str_dup(struct arena *a, struct str s);
struct str str_lower(struct arena *a, struct str s);        /* ASCII only */
struct str str_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* URL- and file-safe form of a title: lower case, '-' between words, at most max bytes. Empty when
 * nothing of it is left. */
struct str str_slug(struct arena *a, struct str s, size_t max);
