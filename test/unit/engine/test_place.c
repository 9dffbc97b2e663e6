/* test_place.c - countries of addresses: a database in MaxMind's format (version 2) is written here, bit by bit. */
#include "fixture.h"
#include "base/buf.h"
#include "engine/place/place.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { NODES = 512, EMPTY = -1, DATA = 1 << 20 };
struct tree {
    int at[NODES][2], n;
    struct buf data;
};

/* The data of a country starts where *ret says. */
static int country_put(struct tree *t, const char *code) {
    int offset = (int)t->data.n;
    buf_addc(&t->data, "\xE1\x47" "country" "\xE1\x48" "iso_code" "\x42");
    buf_addc(&t->data, code);
    return offset;
}

static void network_put(struct tree *t, const char *address, int bits, const char *code) {
    uint8_t a[16];
    int node = 0;
    cr_assert(inet_pton(AF_INET6, address, a) == 1);
    for (int i = 0; i < bits - 1; i++) {
        int *next = &t->at[node][a[i / 8] >> (7 - i % 8) & 1];
        if (*next == EMPTY) {
            *next = t->n;
            t->at[t->n][0] = t->at[t->n][1] = EMPTY;
            t->n++;
        }
        node = *next;
    }
    t->at[node][a[(bits - 1) / 8] >> (7 - (bits - 1) % 8) & 1] = DATA + country_put(t, code);
}

static void bytes_add(struct buf *b, const uint8_t *bytes, size_t n) {
    buf_add(b, (struct str){(const char *)bytes, n});
}

static void record_add(struct buf *b, const struct tree *t, int v) {
    int n = v == EMPTY ? t->n : v >= DATA ? t->n + 16 + (v - DATA) : v;
    bytes_add(b, (uint8_t[]){(uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}, 3);
}

static void database_write(const struct tree *t, const char *type, const char *path) {
    scoped(buf_done) struct buf b = BUF(1 << 20);
    for (int i = 0; i < t->n; i++) {
        record_add(&b, t, t->at[i][0]);
        record_add(&b, t, t->at[i][1]);
    }
    bytes_add(&b, (uint8_t[16]){0}, 16);
    buf_add(&b, buf_str(&t->data));
    buf_addc(&b, "\xAB\xCD\xEF" "MaxMind.com" "\xE9");
    buf_addc(&b, "\x4A" "node_count" "\xC2");
    bytes_add(&b, (uint8_t[]){(uint8_t)(t->n >> 8), (uint8_t)t->n}, 2);
    buf_addc(&b, "\x4B" "record_size" "\xA1\x18" "\x4A" "ip_version" "\xA1\x06" "\x4D" "database_type");
    buf_addf(&b, "%c%s", (char)(0x40 + strlen(type)), type);
    buf_addc(&b, "\x5B" "binary_format_major_version" "\xA1\x02" "\x5B" "binary_format_minor_version");
    bytes_add(&b, (uint8_t[]){0xA0}, 1);
    buf_addc(&b, "\x4B" "build_epoch" "\x01\x02\x01" "\x4B" "description" "\xE0" "\x49" "languages");
    bytes_add(&b, (uint8_t[]){0x00, 0x04}, 2);
    cr_assert(!b.failed);
    FILE *f = fopen(path, "wb");
    cr_assert(f && fwrite(b.p, 1, b.n, f) == b.n && fclose(f) == 0);
}

static void countries_write(const char *path, const char *type, const char *of_192_0_2) {
    struct tree t = {.n = 1, .at = {{EMPTY, EMPTY}}, .data = BUF(4096)};
    network_put(&t, "::192.0.2.0", 96 + 24, of_192_0_2); /* IPv4 lies below ::/96 */
    network_put(&t, "::198.51.100.128", 96 + 25, "AT");
    network_put(&t, "2001:db8:5::", 48, "FR");
    network_put(&t, "2001:db8:6::", 48, "XX");
    database_write(&t, type, path);
    buf_done(&t.data);
}

static void expect(struct place *p, const char *address, const char *country) {
    char found[COUNTRY_CAP];
    bool known = place_country(p, str_of(address), found);
    cr_expect(known == (country[0] != 0), "%s", address);
    cr_expect_str_eq(found, country, "%s", address);
}

Test(place, says_where_an_address_is) {
    scoped(fixture_done) struct fixture f = {0};
    fixture_init(&f);
    struct place *p = NULL;
    char path[300];
    snprintf(path, sizeof path, "%s/c.mmdb", f.dir);
    countries_write(path, "GeoLite2-Country", "DE");
    OK(place_open(path, &f.clock, &p, err));
    expect(p, "192.0.2.1", "DE");
    expect(p, "192.0.3.1", "");
    expect(p, "198.51.100.127", "");
    expect(p, "198.51.100.128", "AT");
    expect(p, "2001:db8:5:1::7", "FR");
    expect(p, "2001:db8:6::1", ""); /* XX: the database itself does not know */
    expect(p, "::ffff:192.0.2.1", "");
    expect(p, "local", "");
    expect(p, "", "");
    expect(p, "192.0.2.1 or so, with a text that is longer than any address could ever be", "");
    expect(NULL, "192.0.2.1", "");
    place_close(p);
}

Test(place, a_new_database_is_read_within_a_minute_and_a_broken_one_is_not) {
    scoped(fixture_done) struct fixture f = {0};
    fixture_init(&f);
    struct place *p = NULL;
    char path[300], fresh[310];
    snprintf(path, sizeof path, "%s/c.mmdb", f.dir);
    snprintf(fresh, sizeof fresh, "%s.new", path);
    countries_write(path, "GeoLite2-Country", "DE");
    OK(place_open(path, &f.clock, &p, err));
    countries_write(fresh, "DBIP-City", "NL");
    cr_assert(rename(fresh, path) == 0);
    expect(p, "192.0.2.1", "DE");
    clock_shift(&f.clock, 61000);
    expect(p, "192.0.2.1", "NL");
    countries_write(fresh, "GeoLite2-ASN", "SE");
    cr_assert(rename(fresh, path) == 0);
    clock_shift(&f.clock, 61000);
    expect(p, "192.0.2.1", "NL");
    place_close(p);
}

Test(place, what_is_no_database_of_countries_is_refused_with_words) {
    scoped(fixture_done) struct fixture f = {0};
    fixture_init(&f);
    struct place *p = NULL;
    struct err e = {0};
    char path[300];
    snprintf(path, sizeof path, "%s/c.mmdb", f.dir);
    cr_expect(place_open(path, NULL, &p, &e) == ERR_NOT_FOUND);
    cr_expect_str_eq(e.reason, "place.database");
    countries_write(path, "GeoLite2-ASN", "DE");
    cr_expect(place_open(path, NULL, &p, &e) == ERR_INVALID);
    FILE *file = fopen(path, "wb");
    cr_assert(file && fputs("not a database", file) >= 0 && fclose(file) == 0);
    cr_expect(place_open(path, NULL, &p, &e) == ERR_INVALID);
    cr_expect(strstr(e.hint, "country-database"));
}

Test(place, codes_and_lists) {
    cr_expect(country_is(STR("DE")) && !country_is(STR("de")) && !country_is(STR("XX")) && !country_is(STR("T1")) &&
              !country_is(STR("DEU")) && !country_is(STR("")));
    cr_expect(country_listed(STR("AT DE"), STR("AT")) && country_listed(STR("AT DE"), STR("DE")));
    cr_expect(!country_listed(STR("AT DE"), STR("T ")) && !country_listed(STR("AT DE"), STR("")) &&
              !country_listed(STR(""), STR("DE")));
}
