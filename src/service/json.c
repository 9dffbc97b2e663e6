/* json.c - see json.h. */
#include "service/json.h"
#include "base/clock.h"
#include <math.h>

json_t *json_of_str(struct str s) {
    if (!s.p)
        return json_null();
    json_t *j = json_stringn(s.p, s.n);
    return j ? j : json_string("");
}

json_t *json_of_text(struct str s) {
    return s.n ? json_of_str(s) : json_null();
}

json_t *json_of_id(struct id id) {
    return id_is_set(id) ? json_string(id.s) : json_null();
}

json_t *json_of_time(int64_t ms) {
    char text[RFC3339_LEN + 1];
    if (!ms)
        return json_null();
    rfc3339_write(ms, text);
    return json_string(text);
}

json_t *json_of_seconds(int64_t ms) {
    if (ms % 1000 == 0)
        return json_integer(ms / 1000);
    return json_real((double)ms / 1000.0);
}

void json_seconds_add(struct buf *b, int64_t ms) {
    int64_t rest = ms < 0 ? -(ms % 1000) : ms % 1000;
    buf_addf(b, "%s%lld", ms < 0 && ms > -1000 ? "-" : "", (long long)(ms / 1000));
    if (rest)
        buf_addf(b, ".%03lld", (long long)rest);
}

struct str json_get_str(const json_t *o, const char *name) {
    const json_t *v = json_object_get(o, name);
    return json_is_string(v) ? str_make(json_string_value(v), json_string_length(v)) : STR_NULL;
}

int64_t json_get_int(const json_t *o, const char *name, int64_t absent) {
    const json_t *v = json_object_get(o, name);
    return json_is_integer(v) ? json_integer_value(v) : absent;
}

int64_t json_get_ms(const json_t *o, const char *name, int64_t absent) {
    const json_t *v = json_object_get(o, name);
    if (!json_is_number(v))
        return absent;
    double s = json_number_value(v);
    /* A film is shorter than a year; beyond that a double could leave int64. */
    return isfinite(s) && fabs(s) < 3.2e7 ? (int64_t)llround(s * 1000.0) : absent;
}
