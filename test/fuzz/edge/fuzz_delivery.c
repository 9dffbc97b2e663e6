/* fuzz_delivery.c - what a client writes: a path and what its player says of itself. */
#include "../../../edge/cmcd.h"
#include "../../../edge/path.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_name(struct str s) {
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '/' || s.p[i] == 0 || (uint8_t)s.p[i] <= ' ' || (uint8_t)s.p[i] >= 127)
            return false;
    return s.n > 0 && s.p[0] != '.';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct str in = str_make((const char *)data, size), key, value;
    struct media_path p = media_path_parse(in, STR("/m/"));
    if (p.kind != PATH_NONE && (!is_name(p.asset) || !is_name(p.view)))
        abort();
    if (p.kind == PATH_SEGMENT && !is_name(p.track))
        abort();
    if (p.kind == PATH_MANIFEST && !is_name(p.manifest))
        abort();
    char decoded[CMCD_MAX];
    for (struct str rest = cmcd_of_query(in, decoded); cmcd_next(&rest, &key, &value);)
        if (!is_name(key) || strpbrk(key.p, "= ") || value.n > 64 || memchr(value.p, '"', value.n))
            abort();
    for (struct str rest = in; cmcd_next(&rest, &key, &value);)
        if (value.n == 0 || value.n > 64)
            abort();
    return 0;
}
