/* json.h - the few conversions that every service's replies need. New references; NULL on out of memory,
 * which jansson's packing and json_object_set_new() take as a failure of the whole. */
#pragma once
#include "base/buf.h"
#include "base/id.h"
#include "base/str.h"
#include <jansson.h>

json_t *json_of_str(struct str s);       /* STR_NULL gives null; bytes that are no UTF-8 give "" */
json_t *json_of_text(struct str s);      /* the same, but empty gives null too */
json_t *json_of_id(struct id id);        /* an unset id gives null */
json_t *json_of_time(int64_t ms);        /* RFC 3339; 0 gives null */
json_t *json_of_seconds(int64_t ms);     /* a number with up to three decimals */
void json_seconds_add(struct buf *b, int64_t ms); /* the same as text */

/* Members of a checked body: absent and null give the fall-back. Strings are borrowed from the object. */
struct str json_get_str(const json_t *o, const char *name);
int64_t json_get_int(const json_t *o, const char *name, int64_t absent);
int64_t json_get_ms(const json_t *o, const char *name, int64_t absent); /* a number of seconds, as ms */
