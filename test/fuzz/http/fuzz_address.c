/* fuzz_address.c - an address and ranges as somebody typed them for a key: nothing falls over, a range of all addresses holds every address
 * of its family, and what lies in a range lies in it beside others, too. */
#include "base/buf.h"
#include "engine/http/outgoing.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct str address, ranges = str_cut((struct str){(const char *)data, size}, '\n', &address), first;
    bool ok = address_range_ok(address), in = address_in_ranges(address, ranges);
    if (in && !ok)
        abort(); /* an address is a range of one */
    if (ok && str_find(address, STR("/")) < 0 && (!address_in_ranges(address, address) || !address_in_ranges(address, STR("0.0.0.0/0 ::/0"))))
        abort();
    if (ranges.p)
        str_cut(ranges, ' ', &first);
    else
        first = STR_NULL;
    if (first.n && !address_range_ok(first) && address_in_ranges(address, first))
        abort();
    scoped(buf_done) struct buf b = BUF(size + 64);
    buf_add(&b, STR("203.0.113.0/24 "));
    buf_add(&b, ranges);
    if (in && !b.failed && !address_in_ranges(address, buf_str(&b)))
        abort();
    return 0;
}
