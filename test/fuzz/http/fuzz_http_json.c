/* fuzz_http_json.c - a body: parsed, checked against a schema with every type, and its faults written
 * as a problem, which must be JSON again whatever the fields were called. */
#include "engine/http/http_int.h"
#include <stdlib.h>

static const struct field every[] = {
    {"str", F_STR}, {"two", F_STR, FIELD_REQUIRED, 2, 3}, {"secret", F_SECRET},
    {"int", F_INT, 0, -5, 5}, {"num", F_NUM, 0, 0, 1}, {"bool", F_BOOL}, {"id", F_ID},
    {"time", F_TIME}, {"mail", F_EMAIL}, {"lang", F_LANG}, {"url", F_URL}, {"any", F_ANY},
    {"list", F_INT, FIELD_ARRAY, 1, 2}, {"map", F_OBJ, FIELD_MAP, .ref = "Every"},
    {"null", F_STR, FIELD_NULLABLE}, {"kind", F_STR, .values = "a|bc"},
    {"self", F_OBJ, FIELD_ARRAY, .ref = "Every"}, {NULL, F_END},
};
static const struct schema schemas[] = {{"Every", every}, {NULL}};
static const struct schema *const all[] = {schemas, NULL};

EXPORTED int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct err e = {0};
    json_t *j = NULL;
    struct arena a = ARENA(4 << 20);
    struct violations v = {.arena = &a};
    if (json_read(str_make((const char *)data, size), &j, &e) == 0) {
        schema_check(all, &schemas[0], j, false, &v);
        err_set(&e, ERR_INVALID, "faults");
    }
    size_t n;
    char *text = problem_text(&(struct problem){&e, "r", v.v, v.n}, &n);
    json_t *back = text ? json_loadb(text, n, 0, NULL) : NULL;
    assert(back);
    json_decref(back);
    free(text);
    json_decref(j);
    arena_done(&a);
    return 0;
}
