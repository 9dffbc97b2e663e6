/* Pairing by code, and how many devices an account plays on. */
#include "service/identity/identity_int.h"
#include "service/identity/pairing_pace.h"
#include "world.h"

#define NET STR("192.0.2.1")

static struct pairing begin(struct world *w, const char *name) {
    struct pairing p;
    struct pairing_ask ask = {.device = {.kind = STR("tv"), .name = str_of(name)}, .network = NET};
    OK(pairing_begin(&w->e, &ask, &p, err));
    return p;
}
static struct err take_fails(struct world *w, const struct pairing *p) {
    struct session_token token;
    struct session s;
    return FAILS(ERR_INVALID, pairing_take(&w->e, str_of(p->device_code), (struct session_id){0}, &token, &s, err));
}
static struct session redeem(struct world *w, const struct pairing *p, struct session_token *token) {
    struct session s;
    OK(pairing_take(&w->e, str_of(p->device_code), (struct session_id){0}, token, &s, err));
    return s;
}
static void later(struct world *w, int64_t ms) { clock_shift(&w->f.clock, ms); }
static void approve(struct world *w, const struct principal *who, const struct pairing *p) {
    OK(pairing_decide(&w->e, who, NET, str_of(p->user_code.s), true, STR_NULL, err));
}
#define REASON(want, e) cr_expect_str_eq((e).reason, want)

Test(pairing, a_code_is_read_however_it_is_typed) {
    struct user_code c;
    static const char *const same[] = {"WDJBQLZS", "WDJB-QLZS", "wdjb-qlzs", "wdjbqlzs", " WDJB QLZS ", "W.D.J.B_Q.L.Z.S",
                                       "WDJB-0LZS", "wdjb-oLzs", "WDJB-Q1Z5", "wdj8-qi2s", "WDJB\xE2\x80\x93QLZS",
                                       "WDJB\xE2\x88\x92QLZS", "--WDJBQLZS--"};
    static const char *const none[] = {"", "WDJB", "WDJB-QLZ", "WDJB-QLZSS", "WDJB-QLZA", "WDJB-QLZ\xC3\xA9", "WDJB+QLZS",
                                       "WDJB-QLZS\xE2\x80", "WDJB-QLZ3", "--------"};
    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        cr_expect(user_code_parse(str_of(same[i]), &c), "%s", same[i]);
        cr_expect_str_eq(c.s, "WDJBQLZS", "%s", same[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(none); i++)
        cr_expect_not(user_code_parse(str_of(none[i]), &c), "%s", none[i]);
    cr_expect_not(user_code_parse(str_make("WDJB\0QLZS", 9), &c));
    cr_expect_not(user_code_parse(STR_NULL, &c));
}

Test(pairing, codes_are_of_the_alphabet_and_differ) {
    struct user_code codes[200];
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        struct user_code back;
        user_code_make(&codes[i]);
        cr_assert_eq(strspn(codes[i].s, "BCDFGHJKLMNPQRSTVWXZ"), USER_CODE_LEN);
        struct user_code_text text = user_code_text(&codes[i]);
        cr_assert_eq(text.s[4], '-');
        cr_assert(user_code_parse(str_of(text.s), &back));
        cr_assert_str_eq(back.s, codes[i].s);
        for (size_t k = 0; k < i; k++)
            cr_assert_str_neq(codes[k].s, codes[i].s);
    }
}

Test(pairing, a_television_comes_in_once) {
    SCOPED_WORLD(w);
    struct account_id ana = world_account(&w, "ana@example.org", ROLE_OPERATOR);
    struct principal who = world_sign_in(&w, ana);
    struct pairing p = begin(&w, "TV Chrome");
    struct pairing_seen seen;
    struct session_token token;
    struct session found;
    struct device_info d;
    unsigned roles;
    REASON("authorization_pending", take_fails(&w, &p));
    OK(pairing_look(&w.e, &who, NET, str_of(p.user_code.s), &w.f.arena, &seen, err));
    cr_expect(str_eq(seen.kind, STR("tv")) && str_eq(seen.name, STR("TV Chrome")) && str_eq(seen.network, NET));
    OK(pairing_decide(&w.e, &who, NET, str_of(p.user_code.s), true, STR(" Living room "), err));
    REASON("pairing.code_used", FAILS(ERR_CONFLICT, pairing_look(&w.e, &who, NET, str_of(p.user_code.s), &w.f.arena,
                                                                 &seen, err)));
    later(&w, 5000);
    struct session s = redeem(&w, &p, &token);
    cr_expect_str_eq(s.account.v.s, ana.v.s);
    cr_expect_str_eq(s.profile.v.s, who.profile.v.s);
    OK(session_find(&w.e, str_of(token.s), &found, &roles, err));
    cr_expect_str_eq(found.device.v.s, s.device.v.s);
    cr_expect_eq(roles, ROLE_VIEWER, "an operator's television is no operator's desk");
    OK(device_find(&w.e, ana, s.device, &w.f.arena, &d, err));
    cr_expect(str_eq(d.kind, STR("tv")) && str_eq(d.name, STR("Living room")));
    later(&w, 5000);
    REASON("invalid_grant", take_fails(&w, &p));
    /* A paired device lets nobody else in. */
    struct principal tv = {.account = ana, .profile = s.profile, .session = s.id, .roles = roles};
    struct pairing next = begin(&w, "");
    REASON("pairing.not_here",
           FAILS(ERR_FORBIDDEN, pairing_decide(&w.e, &tv, NET, str_of(next.user_code.s), true, STR_NULL, err)));
}

Test(pairing, nothing_of_a_code_is_stored) {
    SCOPED_WORLD(w);
    static const struct sql all = {"t", STORE_MAIN, "SELECT id || device_hash || user_hash || name FROM device_grant"};
    struct pairing p = begin(&w, "x");
    struct rows r;
    cr_assert_eq(OK(store_query(w.e.store, &all, NO_ARGS, &w.f.arena, &r, err)), 1);
    cr_expect_null(strstr(row_str(&r, 0, 0).p, p.device_code));
    cr_expect_null(strstr(row_str(&r, 0, 0).p, p.user_code.s));
}

Test(pairing, a_refusal_stands) {
    SCOPED_WORLD(w);
    struct principal who = world_sign_in(&w, world_account(&w, "ana@example.org", 0));
    struct pairing p = begin(&w, "");
    OK(pairing_decide(&w.e, &who, NET, str_of(p.user_code.s), false, STR_NULL, err));
    REASON("pairing.code_used",
           FAILS(ERR_CONFLICT, pairing_decide(&w.e, &who, NET, str_of(p.user_code.s), true, STR_NULL, err)));
    REASON("access_denied", take_fails(&w, &p));
    later(&w, 5000);
    REASON("access_denied", take_fails(&w, &p));
}

Test(pairing, a_code_ends_after_ten_minutes) {
    SCOPED_WORLD(w);
    struct principal who = world_sign_in(&w, world_account(&w, "ana@example.org", 0));
    struct pairing slow = begin(&w, ""), approved = begin(&w, "");
    struct pairing_seen seen;
    approve(&w, &who, &approved);
    later(&w, PAIRING_LIFE_MS - 60000);
    OK(pairing_look(&w.e, &who, NET, str_of(slow.user_code.s), &w.f.arena, &seen, err));
    later(&w, 60000);
    REASON("pairing.code_expired",
           FAILS(ERR_CONFLICT, pairing_decide(&w.e, &who, NET, str_of(slow.user_code.s), true, STR_NULL, err)));
    REASON("expired_token", take_fails(&w, &slow));
    REASON("expired_token", take_fails(&w, &approved));
    OK(pairing_purge(&w.e, err));
    REASON("expired_token", take_fails(&w, &slow));
    later(&w, HOUR_MS);
    OK(pairing_purge(&w.e, err));
    REASON("invalid_grant", take_fails(&w, &slow));
    REASON("pairing.code_wrong", FAILS(ERR_NOT_FOUND, pairing_look(&w.e, &who, NET, str_of(slow.user_code.s),
                                                                   &w.f.arena, &seen, err)));
}

Test(pairing, who_polls_too_fast_is_slowed_down_more_and_more) {
    SCOPED_WORLD(w);
    struct pairing p = begin(&w, "");
    REASON("authorization_pending", take_fails(&w, &p));
    later(&w, 3000);
    REASON("slow_down", take_fails(&w, &p)); /* ten seconds from now on */
    later(&w, 5000);
    REASON("slow_down", take_fails(&w, &p)); /* fifteen */
    later(&w, 14000);
    REASON("authorization_pending", take_fails(&w, &p));
    later(&w, 10000);
    REASON("slow_down", take_fails(&w, &p));
    later(&w, 19000);
    REASON("authorization_pending", take_fails(&w, &p));
}

Test(pairing, an_approval_ends_with_the_session_that_gave_it) {
    SCOPED_WORLD(w);
    struct account_id ana = world_account(&w, "ana@example.org", 0);
    struct principal who = world_sign_in(&w, ana);
    struct pairing p = begin(&w, ""), q = begin(&w, "");
    struct session_token token;
    struct session s;
    unsigned roles;
    approve(&w, &who, &p);
    approve(&w, &who, &q);
    redeem(&w, &p, &token);
    OK(session_find(&w.e, str_of(token.s), &s, &roles, err));
    OK(account_set_password(&w.e, ana, STR("a different one 7"), err)); /* signs everybody out */
    REASON("access_denied", take_fails(&w, &q));
    FAILS(ERR_UNAUTHENTICATED, session_find(&w.e, str_of(token.s), &s, &roles, err));
}

Test(pairing, guesses_run_out_by_account_and_by_network) {
    SCOPED_WORLD(w);
    struct principal ana = world_sign_in(&w, world_account(&w, "ana@example.org", 0));
    struct principal bob = world_sign_in(&w, world_account(&w, "bob@example.org", 0));
    struct pairing p = begin(&w, "");
    struct pairing_seen seen;
    struct arena *a = &w.f.arena;
    for (int i = 0; i < 30; i++) /* what is right costs nothing */
        OK(pairing_look(&w.e, &ana, NET, str_of(p.user_code.s), a, &seen, err));
    for (int i = 0; i < 10; i++)
        REASON("pairing.code_wrong", FAILS(ERR_NOT_FOUND, pairing_look(&w.e, &ana, STR("198.51.100.7"),
                                                                       STR("BBBB-BBBB"), a, &seen, err)));
    /* From wherever, and with the right one. */
    REASON("pairing.too_many_codes",
           FAILS(ERR_LIMIT, pairing_look(&w.e, &ana, NET, str_of(p.user_code.s), a, &seen, err)));
    REASON("pairing.too_many_codes", FAILS(ERR_LIMIT, pairing_decide(&w.e, &ana, NET, str_of(p.user_code.s), true,
                                                                     STR_NULL, err)));
    OK(pairing_look(&w.e, &bob, NET, str_of(p.user_code.s), a, &seen, err));
    later(&w, 15 * 60 * 1000 + 1);
    p = begin(&w, "");
    for (int i = 0; i < 60; i++) /* many accounts, one network */
        OK(pairing_guess_begin(&w.e, (struct account_id){id_new(i)}, NET, err));
    REASON("pairing.too_many_codes",
           FAILS(ERR_LIMIT, pairing_look(&w.e, &ana, NET, str_of(p.user_code.s), a, &seen, err)));
    OK(pairing_look(&w.e, &ana, STR("2001:db8::/64"), str_of(p.user_code.s), a, &seen, err));
}

Test(pairing, goes_with_the_account) {
    SCOPED_WORLD(w);
    static const struct sql left = {"t", STORE_MAIN, "SELECT id FROM device_grant WHERE account_id = $1"};
    struct account_id ana = world_account(&w, "ana@example.org", 0);
    struct principal who = world_sign_in(&w, ana);
    struct pairing p = begin(&w, "Den");
    struct rows r;
    json_t *j;
    approve(&w, &who, &p);
    OK(identity_service.export(&w.e, ana, &j, err));
    cr_expect_str_eq(json_string_value(json_object_get(json_array_get(json_object_get(j, "pairings"), 0), "name")),
                     "Den");
    json_decref(j);
    OK(identity_service.erase(&w.e, ana, err));
    cr_expect_eq(OK(store_query(w.e.store, &left, ARGS(A_ID(ana)), &w.f.arena, &r, err)), 0);
    REASON("invalid_grant", take_fails(&w, &p));
}

static int limit_two(const struct engine *e, struct account_id account, int *ret, struct err *reterr) {
    *ret = 2;
    return 0;
}

static int plays(struct world *w, struct principal *who, const char *name, struct err *err) {
    struct device_info d = {.kind = STR("web"), .name = str_of(name)};
    struct device_id id;
    int rc = device_seen(&w->e, who, &d, limit_two, &id, err);
    if (rc == 0)
        who->device = id;
    return rc;
}

Test(pairing, a_device_counts_from_its_first_play_for_ninety_days) {
    SCOPED_WORLD(w);
    struct account_id ana = world_account(&w, "ana@example.org", 0);
    struct principal who[4];
    struct pairing p = begin(&w, "");
    struct session_token token;
    for (size_t i = 0; i < 4; i++)
        who[i] = world_sign_in(&w, ana);
    approve(&w, &who[0], &p);
    struct session tv = redeem(&w, &p, &token); /* signed in, played nothing: does not count */
    OK(plays(&w, &who[0], "one", err));
    OK(plays(&w, &who[1], "two", err));
    OK(plays(&w, &who[0], "one", err));
    REASON(TOO_MANY_DEVICES, FAILS(ERR_CONFLICT, plays(&w, &who[2], "three", err)));
    struct principal on_tv = {.account = ana, .profile = tv.profile, .session = tv.id, .device = tv.device};
    REASON(TOO_MANY_DEVICES, FAILS(ERR_CONFLICT, plays(&w, &on_tv, "tv", err)));
    json_t *j;
    OK(device_list(&w.e, &who[0], true, &w.f.arena, &j, err));
    cr_expect_eq(json_array_size(j), 2);
    json_decref(j);
    later(&w, 60 * DAY_MS);
    OK(plays(&w, &who[0], "one", err));
    later(&w, 31 * DAY_MS); /* two has been silent for longer */
    OK(plays(&w, &who[2], "three", err));
    REASON(TOO_MANY_DEVICES, FAILS(ERR_CONFLICT, plays(&w, &who[1], "two", err)));
    OK(plays(&w, &who[0], "one", err));
}

Test(pairing, a_name_of_its_owner_stays) {
    SCOPED_WORLD(w);
    struct account_id ana = world_account(&w, "ana@example.org", 0);
    struct principal who = world_sign_in(&w, ana);
    struct device_info d;
    OK(plays(&w, &who, "Chrome", err));
    OK(plays(&w, &who, "Chrome 2", err));
    OK(device_find(&w.e, ana, who.device, &w.f.arena, &d, err));
    cr_expect(str_eq(d.name, STR("Chrome 2")));
    OK(store_exec(w.e.store, &identity_sql[DEVICE_RENAME], ARGS(A_ID(who.device), A_ID(ana), A_CSTR("Den")), err));
    later(&w, 2 * HOUR_MS);
    OK(plays(&w, &who, "Chrome 3", err));
    OK(device_find(&w.e, ana, who.device, &w.f.arena, &d, err));
    cr_expect(str_eq(d.name, STR("Den")));
}
