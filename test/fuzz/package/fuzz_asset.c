/* fuzz_asset.c - asset.json and view ids from outside; what is accepted is written back the same.
 */
#include "media/presentation.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    struct arena a = ARENA(16 << 20);
    struct str s = str_make((const char *)p, n);
    struct view v;
    if (view_parse(s, &a, &v))
        assert(str_eq(view_id(&v, &a), s));
    json_t *j = json_loadb(s.p, s.n, 0, NULL), *back = NULL, *again = NULL;
    struct asset_desc d;
    if (j && asset_from_json(j, &a, &d, NULL) == 0 && (back = asset_to_json(&d))) {
        struct asset_desc e;
        assert(asset_from_json(back, &a, &e, NULL) == 0 || a.failed);
        again = asset_to_json(&e);
        assert(a.failed || json_equal(back, again));
    }
    json_decref(j);
    json_decref(back);
    json_decref(again);
    arena_done(&a);
    return 0;
}
