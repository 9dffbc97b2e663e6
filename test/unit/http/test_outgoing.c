/* Requests to addresses that somebody typed: where they may go, and ranges of addresses. The exchange itself is in test/flow. */
#include "engine/http/outgoing.h"
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <string.h>

Test(outgoing, requests_stay_out_of_our_own_networks) {
    static const struct {
        const char *address;
        bool is_public;
    } rows[] = {{"8.8.8.8", true},         {"172.15.0.1", true},     {"172.32.0.1", true},   {"100.63.0.1", true},
                {"0.0.0.0", false},        {"10.1.2.3", false},      {"100.64.0.1", false},  {"127.0.0.1", false},
                {"169.254.169.254", false}, {"172.16.0.1", false},   {"172.31.255.255", false}, {"192.168.1.1", false},
                {"198.18.0.1", false},     {"224.0.0.1", false},     {"255.255.255.255", false},
                {"2606:4700::1", true},    {"::", false},            {"::1", false},         {"::ffff:10.0.0.1", false},
                {"fe80::1", false},        {"fd00::1", false},       {"64:ff9b::a00:1", false}, {"2002:a00:1::1", false},
                {"2001::1", false},        {"ff02::1", false}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sockaddr_in v4 = {.sin_family = AF_INET};
        struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
        bool six = strchr(rows[i].address, ':') != NULL;
        cr_assert_eq(inet_pton(six ? AF_INET6 : AF_INET, rows[i].address, six ? (void *)&v6.sin6_addr : (void *)&v4.sin_addr), 1);
        const void *sa = six ? (const void *)&v6 : (const void *)&v4;
        cr_expect_eq(address_is_public(sa), rows[i].is_public, "%s", rows[i].address);
    }
    struct sockaddr other = {.sa_family = AF_UNIX};
    cr_expect(!address_is_public(&other));
}

Test(outgoing, an_address_says_what_is_wrong_with_it) {
    static const struct {
        const char *url;
        bool outside, inside;
    } rows[] = {{"https://example.org/hooks?a=b", true, true},
                {"https://example.org:8443/", true, true},
                {"http://example.org/", false, true},
                {"ftp://example.org/", false, false},
                {"https://user:secret@example.org/", false, false},
                {"https://user@example.org/", false, false},
                {"https://example.org/#here", false, false},
                {"https://", false, false},
                {"/hooks", false, false},
                {"file:///etc/passwd", false, false},
                {"gopher://example.org/", false, false},
                {"https://127.0.0.1/", false, true},
                {"https://0x7f.1/", false, true},
                {"https://2130706433/", false, true},
                {"https://017700000001/", false, true},
                {"https://[::1]/", false, true},
                {"https://[::ffff:10.0.0.1]/", false, true},
                {"https://169.254.169.254/latest/meta-data", false, true},
                {"https://localhost/", false, true},
                {"https://LOCALHOST:9/", false, true},
                {"https://x.localhost/", false, true},
                {"https://8.8.8.8/", true, true}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (int inside = 0; inside < 2; inside++) {
            struct err e = {0};
            int rc = outgoing_url_check(rows[i].url, inside, &e);
            cr_expect_eq(rc == 0, inside ? rows[i].inside : rows[i].outside, "%s %d: %s", rows[i].url, inside, e.hint);
            cr_expect(rc == 0 || (rc == ERR_INVALID && e.hint[0]), "%s", rows[i].url);
        }
}

Test(outgoing, an_address_lies_in_a_range_or_not) {
    static const struct {
        const char *address, *ranges;
        bool in;
    } rows[] = {{"203.0.113.7", "203.0.113.0/24", true},     {"203.0.114.7", "203.0.113.0/24", false},
                {"203.0.113.7", "203.0.113.7", true},        {"203.0.113.8", "203.0.113.7", false},
                {"203.0.113.8", "203.0.113.0/29", false},    {"203.0.113.7", "10.0.0.0/8 203.0.113.0/29", true},
                {"2001:db8::1", "2001:db8::/32", true},      {"2001:db9::1", "2001:db8::/32", false},
                {"2001:db8::1", "0.0.0.0/0", false},         {"10.1.1.1", "0.0.0.0/0", true},
                {"10.1.1.1", "::/0", true},                  {"::ffff:10.1.1.1", "10.0.0.0/8", true},
                {"", "0.0.0.0/0", false},                    {"local", "0.0.0.0/0 ::/0", false},
                {"10.1.1.1", "", false}};
    static const char *const bad[] = {"", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0/8", "::/129", "example.org",
                                      "10.0.0.0/8/8", "1.2.3.4.5", "2001:db8::/x"};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        cr_expect_eq(address_in_ranges(str_of(rows[i].address), str_of(rows[i].ranges)), rows[i].in, "%s in %s", rows[i].address, rows[i].ranges);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        cr_expect(!address_range_ok(str_of(bad[i])), "\"%s\"", bad[i]);
}
