/* What stands around the door: which passwords are taken, how long a session lives, what is written down of who came and who was
 * refused, and that a kill takes nothing out of the record. */
#include "world.h"
#include "base/config.h"
#include "engine/audit/audit.h"
#include "service/identity/factor.h"
#include "service/identity/identity_int.h"
#include "service/identity/oidc_int.h"
#include <fcntl.h>
#include <openssl/sha.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static struct config *configured(struct world *w, const char *name, const char *value) {
    static const struct config_key *const tables[] = {identity_config, NULL};
    struct config *c = (struct config *)w->e.config;
    if (!c)
        c = config_new(tables);
    cr_assert_not_null(c);
    OK(config_set(c, name, str_of(value), "test", err));
    w->e.config = c;
    return c;
}

static const char *weak(struct world *w, unsigned roles, struct str password) {
    static struct err e;
    e = (struct err){0};
    int rc = password_check_rule(&w->e, roles, password, STR("ana@example.org"), &e);
    cr_assert(rc == 0 || strcmp(e.reason, "account.password_weak") == 0);
    return rc ? e.hint : "";
}

static struct str times(struct world *w, const char *one, int n) {
    struct str s = STR("");
    for (int i = 0; i < n; i++)
        s = str_printf(&w->f.arena, STR_FMT "%s%d", STR_ARG(s), one, i % 10);
    return s;
}

Test(door, a_password_is_counted_in_characters) {
    SCOPED_WORLD(w);
    cr_expect_str_eq(weak(&w, ROLE_VIEWER, STR("grünes.")), "Choose a password of at least 8 characters.", "eight bytes are seven characters");
    cr_expect_str_eq(weak(&w, ROLE_VIEWER, STR("größter!")), "");
    cr_expect_str_eq(weak(&w, ROLE_VIEWER, times(&w, "ß", 64)), "", "128 characters, 192 bytes");
    cr_expect_str_eq(weak(&w, ROLE_VIEWER, str_printf(&w.f.arena, STR_FMT "x", STR_ARG(times(&w, "a", 64)))), "Choose a password of at most 128 characters.");
    cr_expect_str_eq(weak(&w, ROLE_VIEWER | ROLE_EDITOR, STR("eleven char")), "Choose a password of at least 12 characters.");
    cr_expect_str_eq(weak(&w, ROLE_VIEWER | ROLE_EDITOR, STR("twelve chars")), "");
    struct config *c = configured(&w, "password-min", "15");
    cr_expect_str_eq(weak(&w, ROLE_VIEWER, STR("twelve chars")), "Choose a password of at least 15 characters.");
    cr_expect_str_eq(weak(&w, ROLE_OPERATOR, STR("fifteen letters")), "");
    config_free(c);
}

static int file_of(const char *text, size_t n) {
    int fd = memfd_create("list", MFD_CLOEXEC);
    cr_assert_eq(write(fd, text, n), (ssize_t)n);
    return fd;
}

static int found(const char *text, const char *password) {
    scoped(fd_close) int fd = file_of(text, strlen(text));
    struct err e = {0};
    int rc = breached_find(fd, str_of(password), &e);
    cr_assert(rc >= 0 || strcmp(e.reason, "config.password_refused") == 0, "%s", e.msg);
    return rc;
}

Test(door, words_that_the_operator_gives) {
    const char *words = "matineefan\r\nFilmNoir1941\n\n  popcorn time\nlast without an end";
    cr_expect_eq(found(words, "MatineeFan"), 1);
    cr_expect_eq(found(words, "filmnoir1941"), 1);
    cr_expect_eq(found(words, "popcorn time"), 1);
    cr_expect_eq(found(words, "last without an end"), 1);
    cr_expect_eq(found(words, "popcorn"), 0);
    cr_expect_eq(found(words, "matinee"), 0);
    cr_expect_eq(found("", "anything"), 0);
    /* Across the blocks that it is read in. */
    scoped(buf_done) struct buf b = BUF(1 << 20);
    for (int i = 0; i < 20000; i++)
        buf_addf(&b, "word number %d\n", i);
    buf_byte(&b, 0);
    for (int i = 0; i < 20000; i += 501) {
        char word[40];
        snprintf(word, sizeof word, "Word Number %d", i);
        cr_expect_eq(found((const char *)b.p, word), 1, "%s", word);
    }
    cr_expect_eq(found((const char *)b.p, "word number 20000"), 0);
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

Test(door, hashes_as_breaches_are_published) {
    enum { N = 1000 };
    static char lines[N][64];
    char *order[N];
    for (int i = 0; i < N; i++) {
        char word[32];
        uint8_t sha[SHA_DIGEST_LENGTH];
        int n = snprintf(word, sizeof word, "breached %d", i);
        SHA1((const uint8_t *)word, (size_t)n, sha);
        for (int k = 0; k < SHA_DIGEST_LENGTH; k++)
            snprintf(lines[i] + 2 * k, 3, "%02X", sha[k]);
        snprintf(lines[i] + 40, 24, ":%d%s", i * i, i % 3 ? "" : "\r");
        order[i] = lines[i];
    }
    qsort(order, N, sizeof *order, by_text);
    scoped(buf_done) struct buf b = BUF(1 << 20);
    for (int i = 0; i < N; i++)
        buf_addf(&b, "%s\n", order[i]);
    buf_byte(&b, 0);
    for (int i = 0; i < N; i++) {
        char word[32];
        snprintf(word, sizeof word, "breached %d", i);
        cr_expect_eq(found((const char *)b.p, word), 1, "%s", word);
    }
    for (int i = 0; i < 200; i++) {
        char word[32];
        snprintf(word, sizeof word, "not breached %d", i);
        cr_expect_eq(found((const char *)b.p, word), 0);
    }
    for (size_t i = 0; i < b.n; i++) /* small letters are the same hashes */
        b.p[i] = b.p[i] >= 'A' && b.p[i] <= 'F' ? (uint8_t)(b.p[i] + 32) : b.p[i];
    cr_expect_eq(found((const char *)b.p, "breached 500"), 1);
    /* Among hashes something else: said, and not taken for "not in it". */
    char broken[3 * 41 + 300];
    int n = snprintf(broken, sizeof broken, "%.40s\n", order[0]);
    memset(broken + n, 'x', 200), broken[n + 200] = 0;
    cr_expect_lt(found(broken, "a password"), 0);
    snprintf(broken, sizeof broken, "%.40s\nno hash\nno hash\nno hash\n", order[0]);
    cr_expect_lt(found(broken, "a password"), 0);
}

Test(door, a_list_that_is_not_there_is_said_at_the_start) {
    SCOPED_WORLD(w);
    char path[300];
    snprintf(path, sizeof path, "%s/known", w.f.dir);
    struct config *c = configured(&w, "password-refused", path);
    FAILS(ERR_NOT_FOUND, identity_service.start(&w.e, err));
    scoped(fd_close) int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    cr_assert_eq(write(fd, "the house's name\n", 17), 17);
    OK(identity_service.start(&w.e, err));
    cr_expect_neq(weak(&w, ROLE_VIEWER, STR("The House's Name"))[0], 0);
    cr_expect_str_eq(weak(&w, ROLE_VIEWER, STR("the house's names")), "");
    unlink(path); /* gone while it runs: nobody is kept out */
    cr_expect_str_eq(weak(&w, ROLE_VIEWER, STR("The House's Name")), "");
    config_free(c);
}

static bool lives(struct world *w, const struct session_token *token) {
    struct session s;
    unsigned roles;
    return session_find(&w->e, str_of(token->s), &s, &roles, NULL) == 0;
}

Test(door, an_address_that_no_service_verified_is_told_nothing_where_sign_up_is_by_letter) {
    SCOPED_WORLD(w);
    struct oidc_person shady = {.email = STR("ana@example.org")}, sure = {.email = STR("ana@example.org"), .email_verified = true};
    OK(oidc_may_join(&w.e, &shady, err));
    struct config *c = configured(&w, "sign-up-by-letter", "yes");
    cr_expect_str_eq(FAILS(ERR_FORBIDDEN, oidc_may_join(&w.e, &shady, err)).reason, "oidc.email_unverified");
    OK(oidc_may_join(&w.e, &sure, err));
    config_free(c);
}

Test(door, staffs_sessions_are_short) {
    SCOPED_WORLD(w);
    struct session_token token, idle;
    struct session s;
    struct account_id ed = world_account(&w, "ed@example.org", ROLE_EDITOR);
    OK(session_create(&w.e, ed, &token, &s, err));
    OK(session_create(&w.e, ed, &idle, &s, err));
    cr_expect_leq(s.expires_ms, clock_now_ms(&w.f.clock) + SESSION_STAFF_IDLE_MS);
    for (int i = 0; i < 35; i++) { /* 11 hours and 40 minutes at work */
        clock_shift(&w.f.clock, 20 * 60000);
        cr_assert(lives(&w, &token), "%d", i);
    }
    cr_expect_not(lives(&w, &idle));
    clock_shift(&w.f.clock, 20 * 60000 + 1);
    cr_expect_not(lives(&w, &token), "twelve hours, whatever was done");
}

Test(door, a_shorter_life_counts_for_sessions_that_are) {
    SCOPED_WORLD(w);
    struct session_token token;
    struct session s;
    OK(session_create(&w.e, world_account(&w, "ana@example.org", 0), &token, &s, err));
    clock_shift(&w.f.clock, 2 * HOUR_MS);
    cr_expect(lives(&w, &token));
    clock_shift(&w.f.clock, HOUR_MS);
    struct config *c = configured(&w, "session-idle", "30m");
    cr_expect_not(lives(&w, &token));
    config_free(c);
}

Test(door, other_roles_sign_everybody_out) {
    SCOPED_WORLD(w);
    struct session_token token;
    struct session s;
    struct account_id id = world_account(&w, "ana@example.org", 0);
    OK(session_create(&w.e, id, &token, &s, err));
    OK(account_set_roles(&w.e, id, ROLE_OPERATOR, err));
    cr_expect_not(lives(&w, &token));
    OK(session_create(&w.e, id, &token, &s, err));
    OK(account_set_roles(&w.e, id, ROLE_VIEWER, err));
    cr_expect_not(lives(&w, &token));
}

static int64_t number(struct world *w, const struct sql *q) {
    struct rows r;
    OK(store_row(w->e.store, q, NO_ARGS, &w->f.arena, &r, err));
    return row_i64(&r, 0, 0);
}
/* The store knows a statement by its address: each has one of its own. */
#define NUMBER(w, db, text)                                                                        \
    ({                                                                                             \
        static const struct sql q_ = {"N", db, text};                                              \
        number(w, &q_);                                                                            \
    })

static void knock(struct world *w, const char *email) {
    struct account_id id;
    FAILS(ERR_UNAUTHENTICATED, session_sign_in(&w->e, str_of(email), STR("not the password"), STR("203.0.113.9"), &id, err));
}

Test(door, refused_sign_ins_at_staffs_accounts_are_recorded_and_cost_what_others_do) {
    SCOPED_WORLD(w);
#define NOTES NUMBER(&w, STORE_VIEWING, "SELECT count(*) FROM sign_in_note")
    struct account_id ed = world_account(&w, "ed@example.org", ROLE_EDITOR);
    world_account(&w, "ana@example.org", 0);
    static const char *const who[] = {"ed@example.org", "ana@example.org", "nobody@example.org"};
    for (int i = 0; i < 3; i++) {
        knock(&w, who[i]);
        cr_expect_eq(NOTES, i + 1, "%s: one row, whoever it is", who[i]);
    }
    cr_expect_eq(NUMBER(&w, STORE_MAIN, "SELECT count(*) FROM audit"), 0, "not while the stranger waits");
    OK(sign_in_notes_record(&w.e, err));
    cr_expect_eq(NOTES, 0);
    struct rows r;
    OK(audit_list(w.e.store, &(struct audit_filter){.limit = 10}, &w.f.arena, &r, err));
    cr_assert_eq(r.n, 1);
    cr_expect(str_eq(row_str(&r, 0, 2), id_str(&ed.v)));
    cr_expect(str_eq(row_str(&r, 0, 4), STR("203.0.113.9")));
    cr_expect(str_eq(row_str(&r, 0, 6), STR("POST /api/v1/session")));
    cr_expect(str_eq(row_str(&r, 0, 7), STR("refused")));
    cr_expect_geq(str_find(row_str(&r, 0, 8), STR("session.wrong_credentials")), 0);
    /* Erased before the worker came: nothing of it stays. */
    knock(&w, "ed@example.org");
    OK(identity_service.erase(&w.e, ed, err));
    OK(sign_in_notes_record(&w.e, err));
    cr_expect_eq(NOTES, 0);
    OK(audit_list(w.e.store, &(struct audit_filter){.limit = 10}, &w.f.arena, &r, err));
    for (size_t i = 0; i < r.n; i++)
        cr_expect(row_null(&r, i, 2) && row_null(&r, i, 4), STR_FMT " " STR_FMT, STR_ARG(row_str(&r, i, 2)), STR_ARG(row_str(&r, i, 6)));
}

static int unbase32(const char *text, uint8_t dst[TOTP_SECRET_LEN]) {
    uint32_t bits = 0;
    int held = 0, n = 0;
    for (; *text; text++) {
        bits = bits << 5 | (uint32_t)(*text >= 'A' ? *text - 'A' : *text - '2' + 26);
        if ((held += 5) >= 8)
            dst[n++] = (uint8_t)(bits >> (held -= 8));
    }
    return n;
}

extern const struct service factor_service;
Test(door, a_code_that_comes_a_second_time_is_refused_and_told) {
    SCOPED_WORLD(w);
    struct account_id id = world_account(&w, "ana@example.org", 0);
    char secret32[33], code[8], wrong[8];
    uint8_t secret[TOTP_SECRET_LEN];
    struct recovery codes;
#define TOLD NUMBER(&w, STORE_VIEWING, "SELECT count(*) FROM event_outbox_viewing WHERE name = '" FACTOR_REUSED "'")
    OK(factor_begin(&w.e, id, secret32, err));
    cr_assert_eq(unbase32(secret32, secret), TOTP_SECRET_LEN);
    int64_t step = clock_now_ms(&w.f.clock) / TOTP_STEP_MS;
    snprintf(code, sizeof code, "%06d", totp_code(secret, step));
    OK(factor_confirm(&w.e, id, str_of(code), STR(""), &codes, err));
    clock_shift(&w.f.clock, TOTP_STEP_MS);
    snprintf(code, sizeof code, "%06d", totp_code(secret, step + 1));
    OK(factor_check(&w.e, id, str_of(code), err));
    cr_expect_eq(TOLD, 0);
    cr_expect_str_eq(FAILS(ERR_FORBIDDEN, factor_check(&w.e, id, str_of(code), err)).reason, "factor.wrong_code");
    cr_expect_eq(TOLD, 1);
    OK(event_dispatch_once(&w.e, (const struct event_handler *const[]){factor_service.events, NULL}, err));
    cr_expect_eq(NUMBER(&w, STORE_MAIN, "SELECT count(*) FROM mail_outbox WHERE body LIKE '%tried twice%'"), 1, "the owner is written to");
    snprintf(wrong, sizeof wrong, "%06d", (totp_code(secret, step + 1) + 1) % 1000000);
    FAILS(ERR_FORBIDDEN, factor_check(&w.e, id, str_of(wrong), err));
    cr_expect_eq(TOLD, 1, "a wrong one is only wrong");
}

/* The child commits an act with its row and dies before it could be chained; so it goes for ever if a kill loses or breaks anything. */
static void act_and_die(const char *dir, const char *target) {
    struct store *st;
    struct tx *tx;
    static const struct sql write_something = {"W", STORE_MAIN, "UPDATE account SET roles = roles"};
    struct audit_entry a = {.role = STR("operator"), .action = STR("PUT /x"), .target = str_of(target)};
    if (store_open(&(struct store_options){.url = dir}, &st, NULL))
        _exit(1);
    audit_open(&a, st);
    if (tx_begin(st, STORE_MAIN, TX_WRITE, &tx, NULL) || tx_exec(tx, &write_something, NO_ARGS, NULL) < 0 || tx_commit(&tx, NULL))
        _exit(2);
    raise(SIGKILL);
}

Test(door, a_kill_between_an_act_and_its_place_in_the_chain_loses_nothing) {
    SCOPED_WORLD(w);
    struct audit_verdict v;
    struct audit_entry first = {.role = STR("operator"), .action = STR("PUT /x"), .target = STR("before")};
    audit_open(&first, w.e.store);
    OK(audit_close(&first, true, err));
    cr_expect_eq(NUMBER(&w, STORE_MAIN, "SELECT count(*) FROM audit WHERE seq IS NULL"), 0, "chained at once");
    for (int i = 0; i < 3; i++) {
        char target[8];
        int status;
        snprintf(target, sizeof target, "act %d", i);
        pid_t child = fork();
        if (child == 0)
            act_and_die(w.f.dir, target);
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_assert(WIFSIGNALED(status), "the child ended with %d", WEXITSTATUS(status));
    }
    cr_expect_eq(NUMBER(&w, STORE_MAIN, "SELECT count(*) FROM audit WHERE seq IS NULL"), 3);
    struct audit_entry last = {.role = STR("operator"), .action = STR("PUT /x"), .target = STR("after")};
    audit_open(&last, w.e.store);
    OK(audit_close(&last, true, err));
    OK(audit_verify(w.e.store, &v, err));
    cr_expect_eq(v.broken, 0, "%s", v.why);
    cr_expect_eq(v.rows, 5);
    struct rows r;
    static const struct sql in_order = {"O", STORE_MAIN, "SELECT target FROM audit ORDER BY seq"};
    static const char *const wanted[] = {"before", "act 0", "act 1", "act 2", "after"};
    OK(store_query(w.e.store, &in_order, NO_ARGS, &w.f.arena, &r, err));
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        cr_expect(str_eq(row_str(&r, i, 0), str_of(wanted[i])), "%zu", i);
}
