/* Accounts, passwords, sessions, devices. */
#include "world.h"
#include "service/identity/identity_int.h"
#include <signal.h>
#include <sys/resource.h>

static struct err sign_up_fails(struct world *w, int code, const char *email,
                                const char *password) {
    struct account_id id;
    struct account_new n = {.email = str_of(email), .password = str_of(password)};
    return FAILS(code, account_create(&w->e, &n, &id, err));
}

Test(identity, an_email_is_one_account_whatever_its_case) {
    SCOPED_WORLD(w);
    struct account account;
    world_account(&w, " Ana@Example.org ", 0);
    cr_expect_str_eq(
        sign_up_fails(&w, ERR_CONFLICT, "ANA@example.ORG", "another password 1").reason,
        "account.email_taken");
    OK(account_by_email(&w.e, STR("aNa@EXAMPLE.org"), &w.f.arena, &account, err));
    cr_expect(str_eq(account.email, STR("ana@example.org")));
    cr_expect_eq(account.roles, ROLE_VIEWER);
}

Test(identity, refuses_what_is_no_address) {
    SCOPED_WORLD(w);
    static const char *const bad[] = {"",          "ana",       "ana@",       "@b.org", "ana@host",
                                      "a b@c.org", "a@b@c.org", "a@.org",     "a@b.",   "a@b..org",
                                      "a@b.org\n", "<a@b.org>", "a\xff@b.org"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct str out;
        struct err err = {0};
        int rc = email_normalise(str_of(bad[i]), &w.f.arena, &out, &err);
        if (strcmp(bad[i], "a@b.org\n") == 0) /* white space around an address is trimmed */
            cr_expect_eq(rc, 0);
        else
            cr_expect_str_eq(err.reason, "account.email_invalid", "%s", bad[i]);
    }
}

Test(identity, refuses_weak_passwords) {
    SCOPED_WORLD(w);
    static const char *const weak[] = {"short",     "1234567",     "password",
                                       "PassWord1", "zzzzzzzzzzz", "longname@example.org",
                                       "longname"};
    for (size_t i = 0; i < ARRAY_LEN(weak); i++)
        cr_expect_str_eq(sign_up_fails(&w, ERR_INVALID, "longname@example.org", weak[i]).reason,
                         "account.password_weak", "%s", weak[i]);
}

Test(identity, stores_a_hash_and_no_password) {
    SCOPED_WORLD(w);
    struct account_id id = world_account(&w, "ana@example.org", 0);
    struct rows r;
    OK(store_row(w.e.store, &identity_sql[ACCOUNT_HASH_BY_ID], ARGS(A_ID(id)), &w.f.arena, &r,
                 err));
    cr_expect(str_starts(row_str(&r, 0, 1), STR("$argon2id$v=19$m=65536,t=2,p=1$")));
    OK(account_check_password(&w.e, id, PASSWORD, err));
    FAILS(ERR_FORBIDDEN, account_check_password(&w.e, id, STR("correct horse"), err));
}

static int64_t check_ns(struct world *w, const char *email) {
    struct account_id id;
    int64_t from = clock_mono_ns();
    FAILS(ERR_UNAUTHENTICATED, session_sign_in(&w->e, str_of(email), STR("not the password"),
                                               STR("10.0.0.1"), &id, err));
    return clock_mono_ns() - from;
}

Test(identity, an_unknown_email_costs_what_a_wrong_password_does) {
    SCOPED_WORLD(w);
    world_account(&w, "ana@example.org", 0);
    check_ns(&w, "warm@example.org"); /* makes the dummy */
    int64_t known = INT64_MAX, unknown = INT64_MAX;
    for (int i = 0; i < 4; i++) {
        known = MIN(known, check_ns(&w, "ana@example.org"));
        unknown = MIN(unknown, check_ns(&w, "nobody@example.org"));
    }
    /* Without the dummy the second is a hundred times quicker. */
    cr_expect_gt(unknown * 3, known, "known %lld ns, unknown %lld ns", (long long)known,
                 (long long)unknown);
}

Test(identity, guessing_is_limited_by_account_and_ends) {
    SCOPED_WORLD(w);
    struct account_id id;
    world_account(&w, "ana@example.org", 0);
    for (int i = 0; i < 10; i++)
        check_ns(&w, "ana@example.org");
    struct err e = FAILS(ERR_LIMIT, session_sign_in(&w.e, STR("Ana@example.org"), PASSWORD,
                                                    STR("10.0.0.2"), &id, err));
    cr_expect_str_eq(e.reason, "session.too_many_attempts");
    clock_shift(&w.f.clock, 16 * 60 * 1000);
    OK(session_sign_in(&w.e, STR("ana@example.org"), PASSWORD, STR("10.0.0.2"), &id, err));
}

Test(identity, guessing_is_limited_by_address_over_many_accounts) {
    SCOPED_WORLD(w);
    for (int i = 0; i < 60; i++) {
        char email[40];
        snprintf(email, sizeof email, "u%d@example.org", i);
        OK(attempt_failed(&w.e, str_of(email), STR("10.0.0.9"), err));
    }
    FAILS(ERR_LIMIT, attempt_check(&w.e, STR("fresh@example.org"), STR("10.0.0.9"), err));
    OK(attempt_check(&w.e, STR("fresh@example.org"), STR("10.0.0.10"), err));
}

Test(identity, a_session_ends_by_time_and_slides_by_use) {
    SCOPED_WORLD(w);
    struct session_token token;
    struct session s;
    unsigned roles;
    OK(session_create(&w.e, world_account(&w, "ana@example.org", 0), &token, &s, err));
    clock_shift(&w.f.clock, SESSION_IDLE_MS - HOUR_MS);
    OK(session_find(&w.e, str_of(token.s), &s, &roles, err)); /* moves the end */
    clock_shift(&w.f.clock, 2 * HOUR_MS);
    OK(session_find(&w.e, str_of(token.s), &s, &roles, err));
    clock_shift(&w.f.clock, SESSION_IDLE_MS + 1);
    FAILS(ERR_UNAUTHENTICATED, session_find(&w.e, str_of(token.s), &s, &roles, err));
}

Test(identity, a_full_disk_signs_nobody_out) {
    SCOPED_WORLD(w);
    struct session_token token;
    struct session s;
    unsigned roles;
    OK(session_create(&w.e, world_account(&w, "ana@example.org", 0), &token, &s, err));
    clock_shift(&w.f.clock, 2 * HOUR_MS);
    int64_t ends_ms = s.expires_ms;
    struct rlimit was, none = {.rlim_cur = 1};
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &was);
    none.rlim_max = was.rlim_max;
    setrlimit(RLIMIT_FSIZE, &none);
    int rc = session_find(&w.e, str_of(token.s), &s, &roles, NULL);
    setrlimit(RLIMIT_FSIZE, &was);
    cr_expect_eq(rc, 0);
    cr_expect_eq(s.expires_ms, ends_ms, "it slid without being stored");
    OK(session_find(&w.e, str_of(token.s), &s, &roles, err));
    cr_expect_gt(s.expires_ms, ends_ms);
}

Test(identity, a_name_made_of_an_address_is_cut_between_characters) {
    SCOPED_WORLD(w);
    struct profile profile;
    char email[100] = "a";
    for (int i = 0; i < 35; i++)
        strcat(email, "\u00fc");
    strcat(email, "@example.org");
    struct account_id id = world_account(&w, email, 0);
    OK(account_profile(&w.e, id, &w.f.arena, &profile, err));
    cr_expect_eq(profile.name.n, PROFILE_NAME_MAX - 1);
    cr_expect(str_is_utf8(profile.name));
}

Test(identity, a_session_lasts_a_year_at_most) {
    SCOPED_WORLD(w);
    struct session_token token;
    struct session s;
    unsigned roles;
    int found = 0;
    OK(session_create(&w.e, world_account(&w, "ana@example.org", 0), &token, &s, err));
    for (int days = 0; days < 400; days += 20, found++) {
        if (session_find(&w.e, str_of(token.s), &s, &roles, NULL))
            break;
        clock_shift(&w.f.clock, 20 * DAY_MS);
    }
    cr_expect_eq(found, 19, "%d", found); /* days 0 to 360 */
}

Test(identity, a_token_is_stored_nowhere_and_a_changed_one_is_nobody) {
    SCOPED_WORLD(w);
    struct session_token token;
    struct session s;
    unsigned roles;
    OK(session_create(&w.e, world_account(&w, "ana@example.org", 0), &token, &s, err));
    char path[128];
    snprintf(path, sizeof path, "grep -rqF %s %s", token.s, w.f.dir);
    cr_expect_neq(system(path), 0);
    token.s[5] = token.s[5] == 'A' ? 'B' : 'A';
    FAILS(ERR_UNAUTHENTICATED, session_find(&w.e, str_of(token.s), &s, &roles, err));
    FAILS(ERR_UNAUTHENTICATED, session_find(&w.e, STR(""), &s, &roles, err));
}

Test(identity, a_new_password_signs_everybody_out) {
    SCOPED_WORLD(w);
    struct account_id id = world_account(&w, "ana@example.org", 0);
    struct session_token token;
    struct session s;
    unsigned roles;
    OK(session_create(&w.e, id, &token, &s, err));
    cr_expect_str_eq(
        FAILS(ERR_INVALID, account_set_password(&w.e, id, STR("password"), err)).reason,
        "account.password_weak");
    OK(session_find(&w.e, str_of(token.s), &s, &roles, err));
    OK(account_set_password(&w.e, id, STR("a different one 7"), err));
    FAILS(ERR_UNAUTHENTICATED, session_find(&w.e, str_of(token.s), &s, &roles, err));
    FAILS(ERR_FORBIDDEN, account_check_password(&w.e, id, PASSWORD, err));
    OK(account_check_password(&w.e, id, STR("a different one 7"), err));
}

Test(identity, a_device_of_somebody_else_is_not_taken_over) {
    SCOPED_WORLD(w);
    struct principal ana = world_sign_in(&w, world_account(&w, "ana@example.org", 0));
    struct principal bob = world_sign_in(&w, world_account(&w, "bob@example.org", 0));
    struct device_info d = {.kind = STR("tv"), .name = STR("Living room")};
    struct device_id first, again, other, own = {id_new(1)};
    OK(device_seen(&w.e, &ana, &d, &first, err));
    d.id = first;
    OK(device_seen(&w.e, &ana, &d, &again, err));
    cr_expect_str_eq(first.v.s, again.v.s);
    OK(device_seen(&w.e, &bob, &d, &other, err));
    cr_expect_str_neq(first.v.s, other.v.s);
    d.id = own; /* a browser's own, not seen before */
    OK(device_seen(&w.e, &bob, &d, &other, err));
    cr_expect_str_eq(own.v.s, other.v.s);
}

Test(identity, roles_are_given_and_taken) {
    SCOPED_WORLD(w);
    struct account_id id = world_account(&w, "ed@example.org", ROLE_EDITOR);
    cr_expect_eq(world_sign_in(&w, id).roles, ROLE_VIEWER | ROLE_EDITOR);
    OK(account_set_roles(&w.e, id, ROLE_OPERATOR, err));
    cr_expect_eq(world_sign_in(&w, id).roles, ROLE_VIEWER | ROLE_OPERATOR);
}

Test(identity, export_is_complete_and_erasure_leaves_nothing) {
    SCOPED_WORLD(w);
    struct account_id id = world_account(&w, "ana@example.org", 0);
    struct principal who = world_sign_in(&w, id);
    struct device_info d = {.kind = STR("tv"), .name = STR("Living room")};
    struct device_id device;
    struct account account;
    json_t *j;
    OK(device_seen(&w.e, &who, &d, &device, err));
    OK(identity_service.export(&w.e, id, &j, err));
    cr_expect_str_eq(json_string_value(json_object_get(j, "email")), "ana@example.org");
    cr_expect_eq(json_array_size(json_object_get(j, "profiles")), 1);
    cr_expect_eq(json_array_size(json_object_get(j, "sessions")), 1);
    cr_expect_str_eq(json_string_value(
                         json_object_get(json_array_get(json_object_get(j, "devices"), 0), "name")),
                     "Living room");
    scoped(mem_free) char *text = json_dumps(j, 0);
    cr_expect_null(strstr(text, "argon2"));
    json_decref(j);
    OK(identity_service.erase(&w.e, id, err));
    FAILS(ERR_NOT_FOUND, account_get(&w.e, id, &w.f.arena, &account, err));
    static const int left[] = {PROFILE_BY_ACCOUNT, SESSION_BY_ACCOUNT, DEVICE_BY_ACCOUNT};
    struct rows r;
    for (size_t i = 0; i < ARRAY_LEN(left); i++)
        cr_expect_eq(
            OK(store_query(w.e.store, &identity_sql[left[i]], ARGS(A_ID(id)), &w.f.arena, &r, err)),
            0);
    OK(identity_service.erase(&w.e, id, err)); /* twice is fine */
}
