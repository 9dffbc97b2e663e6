/* fuzz_outgoing_url.c - any text as a webhook's address: what is taken with the guard up is taken with it down, and begins with https. And
 * an address in any way of writing it (as one number, in hex, in octal): it is taken just when it is nobody's own. */
#include "base/buf.h"
#include "engine/http/outgoing.h"
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool taken(const char *url, bool inside) {
    struct err e = {0};
    return outgoing_url_check(url, inside, &e) == 0;
}

static void spelling_check(const uint8_t b[static 4], unsigned way) {
    uint32_t n = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(n)};
    bool public = address_is_public((const void *)&sa);
    char url[80];
    switch (way % 6) {
    case 0: snprintf(url, sizeof url, "https://%u.%u.%u.%u/", b[0], b[1], b[2], b[3]); break;
    case 1: snprintf(url, sizeof url, "https://%u/", n); break;
    case 2: snprintf(url, sizeof url, "https://0x%x/", n); break;
    case 3: snprintf(url, sizeof url, "https://0%o.0%o.%u/", b[0], b[1], n & 0xFFFF); break;
    case 4: snprintf(url, sizeof url, "https://0x%x.%u:8443/", b[0], n & 0xFFFFFF); break;
    default:
        snprintf(url, sizeof url, "https://[::ffff:%u.%u.%u.%u]/", b[0], b[1], b[2], b[3]);
        public = false; /* no way to write a public one */
    }
    if (taken(url, false) != public) {
        fprintf(stderr, "%s is %staken\n", url, public ? "not " : "");
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    scoped(buf_done) struct buf b = BUF(size + 64);
    buf_add(&b, (struct str){(const char *)data, size});
    const char *url = buf_cstr(&b);
    if (!b.failed && url && taken(url, false) && (!taken(url, true) || !str_eq_nocase((struct str){url, 6}, STR("https:"))))
        abort();
    if (size > 4)
        spelling_check(data, data[4]);
    return 0;
}
