/* Passkeys: fixed vectors, each byte of them changed, what is counted and kept. The ceremonies over HTTP are in test/flow. */
#include "passkey_vectors.h"
#include "world.h"
#include "service/identity/passkey.h"

static const struct webauthn_site site = {{"tv.example.org", 14}, {"https://tv.example.org", 22}};

static struct str unhex(struct world *w, const char *hex) {
    struct str s = str_of(hex);
    uint8_t *p = arena_alloc(&w->f.arena, s.n / 2 + 1);
    cr_assert(str_unhex(s, p, s.n / 2));
    return str_make((const char *)p, s.n / 2);
}

struct said {
    struct str made_client, made, made_self, used_client, used, signature;
};
static struct said said_of(struct world *w, const struct passkey_vector *v) {
    return (struct said){unhex(w, v->made_client), unhex(w, v->made),  unhex(w, v->made_self),
                         unhex(w, v->used_client), unhex(w, v->used), unhex(w, v->signature)};
}

Test(passkey, what_three_authenticators_said_is_verified) {
    SCOPED_WORLD(w);
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        struct said s = said_of(&w, &vectors[i]);
        struct webauthn_credential c, self, after;
        OK(webauthn_register(&site, s.made_client, s.made, &w.f.arena, &c, err));
        OK(webauthn_register(&site, s.made_client, s.made_self, &w.f.arena, &self, err));
        cr_expect_eq(c.sign_count, 1);
        cr_expect_eq(c.id.n, 32);
        cr_expect(!c.backup_eligible && !c.backed_up);
        OK(webauthn_assert(&site, &c, s.used_client, s.used, s.signature, &w.f.arena, &after, err));
        cr_expect_eq(after.sign_count, 2);
    }
}

/* Whichever byte of a sign-in is another one, it is refused: client data, authenticator data, signature. */
Test(passkey, no_byte_of_a_sign_in_can_be_changed) {
    SCOPED_WORLD(w);
    for (size_t v = 0; v < ARRAY_LEN(vectors); v++) {
        struct said s = said_of(&w, &vectors[v]);
        struct webauthn_credential c, after;
        OK(webauthn_register(&site, s.made_client, s.made, &w.f.arena, &c, err));
        struct str *const parts[] = {&s.used_client, &s.used, &s.signature};
        for (size_t p = 0; p < ARRAY_LEN(parts); p++)
            for (size_t i = 0; i < parts[p]->n; i++) {
                char *byte = (char *)parts[p]->p + i;
                scoped(arena_done) struct arena a = ARENA(64 << 10);
                *byte ^= 1;
                cr_expect_eq(webauthn_assert(&site, &c, s.used_client, s.used, s.signature, &a, &after, NULL),
                             ERR_UNAUTHENTICATED, "%s part %zu byte %zu", vectors[v].name, p, i);
                *byte ^= 1;
            }
        OK(webauthn_assert(&site, &c, s.used_client, s.used, s.signature, &w.f.arena, &after, err));
    }
}

Test(passkey, one_key_does_not_sign_for_another) {
    SCOPED_WORLD(w);
    struct said a = said_of(&w, &vectors[0]), b = said_of(&w, &vectors[1]);
    struct webauthn_credential c, after;
    OK(webauthn_register(&site, b.made_client, b.made, &w.f.arena, &c, err));
    struct err e = FAILS(ERR_UNAUTHENTICATED,
                         webauthn_assert(&site, &c, a.used_client, a.used, a.signature, &w.f.arena, &after, err));
    cr_expect_str_eq(e.reason, "passkey.signature");
}

Test(passkey, a_registration_that_is_cut_short_or_too_long_is_none) {
    SCOPED_WORLD(w);
    for (size_t v = 0; v < ARRAY_LEN(vectors); v++) {
        struct said s = said_of(&w, &vectors[v]);
        struct webauthn_credential c;
        for (size_t n = 0; n < s.made.n; n++) {
            scoped(arena_done) struct arena a = ARENA(64 << 10);
            cr_expect_eq(webauthn_register(&site, s.made_client, str_slice(s.made, 0, n), &a, &c, NULL), ERR_INVALID);
        }
        struct str longer = str_printf(&w.f.arena, "%*s", (int)s.made.n + 1, "");
        memcpy((char *)longer.p, s.made.p, s.made.n);
        FAILS(ERR_INVALID, webauthn_register(&site, s.made_client, longer, &w.f.arena, &c, err));
    }
}

Test(passkey, a_name_twice_in_client_data_is_refused) {
    SCOPED_WORLD(w);
    struct webauthn_client c;
    static const char *const bad[] = {
        "", "7", "[]", "{}", "{\"type\":\"a\",\"challenge\":\"b\"}",
        "{\"type\":\"a\",\"challenge\":\"b\",\"challenge\":\"c\",\"origin\":\"d\"}",
        "{\"type\":\"a\",\"challenge\":[\"b\"],\"origin\":\"d\"}", "{\"type\":\"a\",\"challenge\":\"b\",\"origin\":\"d\"} more"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        cr_expect_eq(webauthn_client_read(str_of(bad[i]), &w.f.arena, &c, NULL), ERR_INVALID, "%s", bad[i]);
    OK(webauthn_client_read(STR("{\"type\":\"a\",\"challenge\":\"b\",\"origin\":\"d\",\"crossOrigin\":\"false\"}"), &w.f.arena, &c, err));
    cr_expect(c.crossed); /* not the boolean */
}

Test(passkey, a_counter_counts_on_or_not_at_all) {
    static const struct {
        uint32_t before, now;
        bool fresh;
    } rows[] = {{0, 0, true}, {0, 1, true}, {1, 2, true}, {1, 1, false}, {2, 1, false}, {1, 0, false},
                {UINT32_MAX - 1, UINT32_MAX, true}, {UINT32_MAX, 0, false}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        cr_expect_eq(webauthn_count_is_new(rows[i].before, rows[i].now), rows[i].fresh, "%zu", i);
}

Test(passkey, whom_passkeys_are_for_is_the_public_address) {
    SCOPED_WORLD(w);
    static const struct {
        const char *url, *rp, *origin;
    } rows[] = {{"https://tv.example.org", "tv.example.org", "https://tv.example.org"},
                {"https://TV.example.org:443/", "tv.example.org", "https://tv.example.org"},
                {"https://tv.example.org:8443/kino", "tv.example.org", "https://tv.example.org:8443"},
                {"http://localhost:80", "localhost", "http://localhost"},
                {"http://localhost:8080", "localhost", "http://localhost:8080"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct webauthn_site s;
        w.e.public_url = rows[i].url;
        OK(passkey_site(&w.e, &w.f.arena, &s, err));
        cr_expect(str_eq(s.rp_id, str_of(rows[i].rp)), "%s", rows[i].url);
        cr_expect(str_eq(s.origin, str_of(rows[i].origin)), "%s", rows[i].url);
    }
    struct webauthn_site s;
    w.e.public_url = "tv.example.org";
    FAILS(ERR_INVALID, passkey_site(&w.e, &w.f.arena, &s, err));
}

static struct str client_of(struct world *w, const struct challenge *c) {
    return str_printf(&w->f.arena, "{\"type\":\"webauthn.get\",\"challenge\":\"%s\",\"origin\":\"x\"}", c->s);
}

Test(passkey, a_challenge_is_spent_and_grows_old) {
    SCOPED_WORLD(w);
    struct ceremony_state s = {.purpose = CEREMONY_SIGN_UP, .email = STR("ana@example.org")}, back;
    struct challenge c;
    OK(ceremony_begin(&w.e, &s, &c, err));
    OK(ceremony_end(&w.e, CEREMONY_SIGN_UP, client_of(&w, &c), &w.f.arena, &back, err));
    cr_expect(str_eq(back.email, s.email));
    FAILS(ERR_INVALID, ceremony_end(&w.e, CEREMONY_SIGN_UP, client_of(&w, &c), &w.f.arena, &back, err));
    OK(ceremony_begin(&w.e, &s, &c, err));
    FAILS(ERR_INVALID, ceremony_end(&w.e, CEREMONY_ADD, client_of(&w, &c), &w.f.arena, &back, err));
    FAILS(ERR_INVALID, ceremony_end(&w.e, CEREMONY_SIGN_UP, client_of(&w, &c), &w.f.arena, &back, err));
    OK(ceremony_begin(&w.e, &s, &c, err));
    clock_shift(&w.f.clock, CEREMONY_MS + 1000);
    FAILS(ERR_INVALID, ceremony_end(&w.e, CEREMONY_SIGN_UP, client_of(&w, &c), &w.f.arena, &back, err));
}

Test(passkey, a_session_is_fresh_for_ten_minutes) {
    SCOPED_WORLD(w);
    struct principal ana = world_sign_in(&w, world_account(&w, "ana@example.org", 0));
    FAILS(ERR_FORBIDDEN, session_check_proof(&w.e, &ana, STR_NULL, err));
    OK(session_check_proof(&w.e, &ana, PASSWORD, err));
    OK(session_prove(&w.e, ana.session, err));
    clock_shift(&w.f.clock, 9 * 60000);
    OK(session_check_proof(&w.e, &ana, STR_NULL, err));
    struct err e = FAILS(ERR_FORBIDDEN, session_check_proof(&w.e, &ana, STR("not it"), err)); /* a wrong one is no proof */
    cr_expect_str_eq(e.reason, "session.wrong_credentials");
    clock_shift(&w.f.clock, 2 * 60000);
    e = FAILS(ERR_FORBIDDEN, session_check_proof(&w.e, &ana, STR_NULL, err));
    cr_expect_str_eq(e.reason, "session.not_fresh");
    /* Who has a password is asked for it where the owner must be sure, fresh or not. */
    OK(session_prove(&w.e, ana.session, err));
    FAILS(ERR_FORBIDDEN, account_check_owner(&w.e, &ana, STR_NULL, err));
}
