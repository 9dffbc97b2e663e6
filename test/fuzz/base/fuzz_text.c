/* Small parsers of text that comes from outside: times, numbers, base64, ids, slugs. What parses must
 * print and parse again to the same. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/id.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void base64_round_trip(struct str s) {
    scoped(buf_done) struct buf bytes = BUF(1 << 20), text = BUF(2 << 20), again = BUF(1 << 20);
    if (!buf_unbase64url(&bytes, s))
        return;
    buf_base64url(&text, bytes.p, bytes.n);
    if (!buf_unbase64url(&again, buf_str(&text)) || !str_eq(buf_str(&bytes), buf_str(&again)))
        abort();
}

static void time_round_trip(struct str s) {
    int64_t ms, again;
    char text[RFC3339_LEN + 1];
    if (!rfc3339_parse(s, &ms))
        return;
    rfc3339_write(ms, text);
    /* Year 0 minus an offset falls out of four digits. */
    if (ms > -62135596800000 && ms < 253402300800000 &&
        (!rfc3339_parse(str_of(text), &again) || again != ms))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct str s = str_make((const char *)data, size);
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    scoped(buf_done) struct buf b = BUF(8 << 20);
    struct id id, id_again;
    int64_t i;
    double d;
    base64_round_trip(s);
    time_round_trip(s);
    if (id_parse(s, &id) && (!id_parse(id_str(&id), &id_again) || strcmp(id.s, id_again.s) != 0))
        abort();
    str_to_i64(s, &i);
    str_to_f64(s, &d);
    struct str slug = str_slug(&a, s, 64);
    if (slug.n > 64 || str_index(slug, '/') >= 0 || str_index(slug, '.') >= 0)
        abort();
    buf_json_str(&b, s);
    if (!b.failed && !str_is_utf8(buf_str(&b)))
        abort();
    buf_xml(&b, s);
    return 0;
}
