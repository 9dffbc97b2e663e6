/* Accounts, passwords, sessions, devices. */
#include "service/identity/factor.h"
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

/* How many hashes it took to be refused: they are what takes time. */
static int64_t refused_hashes(struct world *w, const char *email) {
    struct account_id id;
    int64_t before = metric_get(&identity_metrics[0]);
    FAILS(ERR_UNAUTHENTICATED, session_sign_in(&w->e, str_of(email), STR("not the password"),
                                               STR("10.0.0.1"), &id, err));
    return metric_get(&identity_metrics[0]) - before;
}

Test(identity, an_unknown_email_costs_what_a_wrong_password_does) {
    SCOPED_WORLD(w);
    world_account(&w, "ana@example.org", 0);
    refused_hashes(&w, "warm@example.org"); /* makes the dummy */
    for (int i = 0; i < 4; i++) {
        cr_expect_eq(refused_hashes(&w, "ana@example.org"), 1);
        cr_expect_eq(refused_hashes(&w, "nobody@example.org"), 1);
    }
}

Test(identity, guessing_is_limited_by_account_and_ends) {
    SCOPED_WORLD(w);
    struct account_id id;
    world_account(&w, "ana@example.org", 0);
    for (int i = 0; i < 10; i++)
        refused_hashes(&w, "ana@example.org");
    struct err e = FAILS(ERR_LIMIT, session_sign_in(&w.e, STR("Ana@example.org"), PASSWORD,
                                                    STR("10.0.0.1"), &id, err));
    cr_expect_str_eq(e.reason, "session.too_many_attempts");
    /* From elsewhere the owner gets in: ten failures are no way to shut somebody out. */
    OK(session_sign_in(&w.e, STR("ana@example.org"), PASSWORD, STR("10.0.0.2"), &id, err));
    clock_shift(&w.f.clock, 16 * 60 * 1000);
    OK(session_sign_in(&w.e, STR("ana@example.org"), PASSWORD, STR("10.0.0.1"), &id, err));
}

Test(identity, guessing_from_many_networks_ends_but_for_who_was_here_before) {
    SCOPED_WORLD(w);
    struct account_id id;
    struct str ana = STR("ana@example.org"), home = STR("10.1.0.1"), strange = STR("10.2.0.1");
    world_account(&w, "ana@example.org", 0);
    OK(session_sign_in(&w.e, ana, PASSWORD, home, &id, err));
    for (int i = 0; i < 100; i++) {
        char address[20];
        snprintf(address, sizeof address, "10.9.0.%d", i);
        OK(attempt_failed(&w.e, ana, str_of(address), err));
    }
    FAILS(ERR_LIMIT, session_sign_in(&w.e, ana, PASSWORD, strange, &id, err));
    OK(session_sign_in(&w.e, ana, PASSWORD, home, &id, err));
    FAILS(ERR_LIMIT, session_sign_in(&w.e, ana, PASSWORD, strange, &id, err)); /* no fresh hundred */
    for (int i = 0; i < 10; i++)
        OK(attempt_failed(&w.e, ana, home, err));
    FAILS(ERR_LIMIT, session_sign_in(&w.e, ana, PASSWORD, home, &id, err));
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
    OK(device_seen(&w.e, &ana, &d, NULL, &first, err));
    d.id = first;
    OK(device_seen(&w.e, &ana, &d, NULL, &again, err));
    cr_expect_str_eq(first.v.s, again.v.s);
    OK(device_seen(&w.e, &bob, &d, NULL, &other, err));
    cr_expect_str_neq(first.v.s, other.v.s);
    d.id = own; /* a browser's own, not seen before */
    OK(device_seen(&w.e, &bob, &d, NULL, &other, err));
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
    OK(device_seen(&w.e, &who, &d, NULL, &device, err));
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

/* The code in the newest letter that waits for the account; "" when none does. */
static struct str letter_code(struct world *w, struct account_id id) {
    static const struct sql newest = {"NEWEST", STORE_MAIN,
                                      "SELECT body FROM mail_outbox WHERE account_id = $1 ORDER BY id DESC LIMIT 1"};
    struct rows r;
    if (OK(store_query(w->e.store, &newest, ARGS(A_ID(id)), &w->f.arena, &r, err)) == 0)
        return STR("");
    ptrdiff_t at = str_find(row_str(&r, 0, 0), STR("#code="));
    return at < 0 ? STR("") : str_slice(row_str(&r, 0, 0), (size_t)at + 6, (size_t)at + 6 + 43);
}

static struct account reload(struct world *w, struct account_id id) {
    struct account account;
    OK(account_get(&w->e, id, &w->f.arena, &account, err));
    return account;
}

Test(identity, an_address_is_confirmed_by_its_letter_once) {
    SCOPED_WORLD(w);
    struct account_id id = world_account(&w, "ana@example.org", 0);
    struct str code = letter_code(&w, id);
    cr_assert_eq(code.n, 43);
    cr_expect_eq(reload(&w, id).verified_ms, 0);
    cr_expect_str_eq(FAILS(ERR_INVALID, account_reset_password(&w.e, code, STR("another fine password"), err)).reason,
                     "account.code_invalid", "a code is good for its purpose alone");
    OK(account_verify(&w.e, code, err));
    cr_expect_neq(reload(&w, id).verified_ms, 0);
    FAILS(ERR_INVALID, account_verify(&w.e, code, err));
}

Test(identity, a_forgotten_password_is_replaced_by_letter) {
    SCOPED_WORLD(w);
    struct account_id id = world_account(&w, "ana@example.org", 0), same;
    struct principal before = world_sign_in(&w, id);
    struct str old = letter_code(&w, id);
    clock_shift(&w.f.clock, 1000);
    OK(account_request_reset(&w.e, STR(" ANA@example.org "), STR("de-AT"), err));
    OK(account_request_reset(&w.e, STR("nobody@example.org"), STR("en"), err));
    OK(account_resolve_resets(&w.e, err));
    struct str code = letter_code(&w, id);
    cr_assert_eq(code.n, 43);
    cr_expect_not(str_eq(code, old));
    FAILS(ERR_INVALID, account_reset_password(&w.e, code, STR("short"), err));
    FAILS(ERR_INVALID, account_reset_password(&w.e, code, STR("ana@example.org"), err));
    OK(account_reset_password(&w.e, code, STR("another fine password"), err));
    FAILS(ERR_INVALID, account_reset_password(&w.e, code, STR("a third fine password"), err));
    OK(session_sign_in(&w.e, STR("ana@example.org"), STR("another fine password"), STR("::1"), &same, err));
    FAILS(ERR_UNAUTHENTICATED, session_sign_in(&w.e, STR("ana@example.org"), PASSWORD, STR("::1"), &same, err));
    cr_expect_neq(reload(&w, id).verified_ms, 0, "who reads the letter has the address");
    struct rows r;
    cr_expect_eq(OK(store_query(w.e.store, &identity_sql[SESSION_BY_ACCOUNT], ARGS(A_ID(before.account)), &w.f.arena,
                                &r, err)),
                 0, "every device is signed out");
}

Test(identity, a_code_lapses_and_letters_are_few) {
    SCOPED_WORLD(w);
    struct account_id id = world_account(&w, "ana@example.org", 0);
    for (int i = 0; i < 9; i++) {
        OK(account_request_reset(&w.e, STR("ana@example.org"), STR("en"), err));
        OK(account_resolve_resets(&w.e, err));
    }
    static const struct sql letters = {"N", STORE_MAIN, "SELECT count(*) FROM mail_outbox WHERE account_id = $1"};
    struct rows r;
    OK(store_row(w.e.store, &letters, ARGS(A_ID(id)), &w.f.arena, &r, err));
    cr_expect_eq(row_i64(&r, 0, 0), 6, "the welcome and five");
    struct str code = letter_code(&w, id);
    clock_shift(&w.f.clock, HOUR_MS + 1000);
    FAILS(ERR_INVALID, account_reset_password(&w.e, code, STR("another fine password"), err));
}

Test(identity, another_address_counts_once_it_is_proved) {
    SCOPED_WORLD(w);
    struct account_id id = world_account(&w, "ana@example.org", 0);
    struct account_id ben = world_account(&w, "ben@example.org", 0);
    clock_shift(&w.f.clock, 1000);
    OK(account_request_email(&w.e, id, STR("New@Example.org"), STR("en"), err));
    cr_expect(str_eq(reload(&w, id).email, STR("ana@example.org")));
    OK(account_confirm_email(&w.e, letter_code(&w, id), err));
    cr_expect(str_eq(reload(&w, id).email, STR("new@example.org")));
    clock_shift(&w.f.clock, 1000);
    OK(account_request_email(&w.e, ben, STR("new@example.org"), STR("en"), err));
    cr_expect_str_eq(FAILS(ERR_CONFLICT, account_confirm_email(&w.e, letter_code(&w, ben), err)).reason,
                     "account.email_taken");
    cr_expect(str_eq(reload(&w, ben).email, STR("ben@example.org")));
}

static struct profile added(struct world *w, struct account_id account, const char *name, bool kids) {
    struct profile p = {.account = account, .name = str_of(name), .lang = STR("en"), .avatar = STR("sky"), .kids = kids,
                        .maturity = MATURITY_ALL};
    OK(profile_add(&w->e, &p, err));
    return p;
}

Test(identity, what_every_request_asks_is_in_an_index) {
    SCOPED_WORLD(w);
    world_expect_covered(&w, &identity_sql[SESSION_BY_HASH]);
    world_expect_covered(&w, &identity_sql[DEVICE_GET]);
    struct rows kept = world_plan(&w, &identity_sql[SESSIONS_KEPT]);
    bool covered = false;
    for (size_t i = 0; i < kept.n; i++)
        covered |= str_find(row_str(&kept, i, 3), STR("SEARCH s USING COVERING INDEX")) >= 0;
    cr_expect(covered);
}

/* Roles and limits come from indexes of those who have some: they count, and so does their end. */
Test(identity, a_session_has_the_roles_and_limits_of_now) {
    SCOPED_WORLD(w);
    struct account_id ana = world_account(&w, "ana@example.org", 0);
    struct session s;
    struct session_token token;
    unsigned roles = 99;
    OK(session_create(&w.e, ana, &token, &s, err));
    static const struct {
        struct sql change;
        unsigned roles;
        bool kids;
        int maturity;
    } at[] = {
        {{"SET", STORE_MAIN, "UPDATE account SET roles = 1 WHERE id = $1"}, ROLE_VIEWER, false, 18},
        {{"SET", STORE_MAIN, "UPDATE account SET roles = 3 WHERE id = $1"}, ROLE_VIEWER | ROLE_EDITOR, false, 18},
        {{"SET", STORE_MAIN, "UPDATE account SET roles = 2 WHERE id = $1"}, ROLE_EDITOR, false, 18},
        {{"SET", STORE_MAIN, "UPDATE profile SET kids = 1 WHERE account_id = $1"}, ROLE_EDITOR, true, 18},
        {{"SET", STORE_MAIN, "UPDATE profile SET maturity = 6 WHERE account_id = $1"}, ROLE_EDITOR, true, 6},
        {{"SET", STORE_MAIN, "UPDATE profile SET kids = 0 WHERE account_id = $1"}, ROLE_EDITOR, false, 6},
        {{"SET", STORE_MAIN, "UPDATE profile SET maturity = 0 WHERE account_id = $1"}, ROLE_EDITOR, false, 0},
        {{"SET", STORE_MAIN, "UPDATE profile SET maturity = 18 WHERE account_id = $1"}, ROLE_EDITOR, false, 18},
        {{"SET", STORE_MAIN, "UPDATE account SET roles = 1 WHERE id = $1"}, ROLE_VIEWER, false, 18},
    };
    for (size_t i = 0; i < ARRAY_LEN(at); i++) {
        OK(store_exec(w.e.store, &at[i].change, ARGS(A_ID(ana)), err));
        OK(session_find(&w.e, str_of(token.s), &s, &roles, err));
        cr_expect_eq(roles, at[i].roles, "%s", at[i].change.text);
        cr_expect_eq(s.kids, at[i].kids, "%s", at[i].change.text);
        cr_expect_eq(s.maturity, at[i].maturity, "%s", at[i].change.text);
    }
}

Test(identity, an_account_has_one_to_six_profiles) {
    SCOPED_WORLD(w);
    struct account_id id = world_account(&w, "ana@example.org", 0);
    struct profile *list, extra = {.account = id, .name = STR("Seven"), .lang = STR("en"), .avatar = STR("sky")};
    size_t n;
    for (int i = 0; i < 5; i++)
        added(&w, id, "More", i == 0);
    cr_expect_str_eq(FAILS(ERR_LIMIT, profile_add(&w.e, &extra, err)).reason, "profile.too_many");
    OK(profile_list(&w.e, id, &w.f.arena, &list, &n, err));
    cr_expect_eq(n, 6);
    cr_expect_eq(list[1].maturity, MATURITY_KIDS, "a child sees no more than a child may");
    for (size_t i = 1; i < n; i++)
        OK(profile_drop(&w.e, id, list[i].id, err));
    cr_expect_str_eq(FAILS(ERR_CONFLICT, profile_drop(&w.e, id, list[0].id, err)).reason, "profile.last");
    struct account_id other = world_account(&w, "ben@example.org", 0);
    added(&w, other, "Second", false);
    FAILS(ERR_NOT_FOUND, profile_drop(&w.e, other, list[0].id, err));
}

Test(identity, out_of_a_kids_profile_lead_a_pin_or_the_password) {
    SCOPED_WORLD(w);
    struct account_id id = world_account(&w, "ana@example.org", 0);
    struct profile kids = added(&w, id, "Kids", true), locked = added(&w, id, "Ana", false);
    struct principal who = world_sign_in(&w, id);
    struct profile_id first = who.profile;
    OK(profile_set_pin(&w.e, id, locked.id, STR("4821"), err));
    FAILS(ERR_INVALID, profile_set_pin(&w.e, id, locked.id, STR("48a1"), err));
    OK(session_choose_profile(&w.e, &who, kids.id, STR_NULL, STR_NULL, false, err));
    who.profile = kids.id, who.kids = true;
    cr_expect_str_eq(FAILS(ERR_FORBIDDEN, session_choose_profile(&w.e, &who, first, STR_NULL, STR_NULL, false, err)).reason,
                     "profile.password_wanted");
    FAILS(ERR_FORBIDDEN, session_choose_profile(&w.e, &who, first, STR_NULL, STR("not it at all"), false, err));
    cr_expect_str_eq(FAILS(ERR_FORBIDDEN, session_choose_profile(&w.e, &who, locked.id, STR_NULL, PASSWORD, false, err)).reason,
                     "profile.pin_wanted", "a password is no PIN");
    OK(session_choose_profile(&w.e, &who, locked.id, STR("4821"), STR_NULL, false, err));
    OK(session_choose_profile(&w.e, &who, first, STR_NULL, PASSWORD, false, err));
    for (int i = 0; i < 5; i++)
        cr_expect_str_eq(
            FAILS(ERR_FORBIDDEN, session_choose_profile(&w.e, &who, locked.id, STR("0000"), STR_NULL, false, err)).reason,
            "profile.pin_wrong");
    FAILS(ERR_LIMIT, session_choose_profile(&w.e, &who, locked.id, STR("4821"), STR_NULL, false, err));
    clock_shift(&w.f.clock, 16 * 60 * 1000);
    OK(session_choose_profile(&w.e, &who, locked.id, STR("4821"), STR_NULL, false, err));
}

/* RFC 6238 appendix B, of its eight digits the last six. */
Test(identity, totp_is_the_standards) {
    static const struct {
        int64_t s;
        int code;
    } vectors[] = {{59, 287082}, {1111111109, 81804}, {1111111111, 50471}, {1234567890, 5924}, {2000000000, 279037}, {20000000000, 353130}};
    const uint8_t *secret = (const uint8_t *)"12345678901234567890";
    char base32[33];
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++)
        cr_expect_eq(totp_code(secret, vectors[i].s / 30), vectors[i].code);
    base32_write(secret, 20, base32);
    cr_expect_str_eq(base32, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    int64_t now = 59000;
    cr_expect_eq(totp_match(secret, STR("287082"), now, 0), 1);
    cr_expect_eq(totp_match(secret, STR("287 082"), now + 30000, 0), 1, "one step late");
    cr_expect_eq(totp_match(secret, STR("287082"), now + 60000, 0), -1, "two");
    cr_expect_eq(totp_match(secret, STR("287082"), now, 1), -1, "used");
    cr_expect_eq(totp_match(secret, STR("28708"), now, 0), -1);
    cr_expect_eq(totp_match(secret, STR("2870820"), now, 0), -1);
    cr_expect_eq(totp_match(secret, STR("28708x"), now, 0), -1);
}
