/* API keys and webhooks: what a key looks like and when it is none, what becomes an event, how a delivery lives and dies. */
#include "world.h"
#include "base/buf.h"
#include "engine/mail/mail.h"
#include "service/developer/hook_int.h"
#include "service/developer/key_int.h"
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

/* ---- keys ---- */

Test(developer, a_key_is_known_by_its_shape) {
    struct key_token k, other;
    OK(key_token_make(&k, err));
    OK(key_token_make(&other, err));
    cr_expect_eq(strlen(k.s), KEY_LEN);
    cr_expect(str_starts(str_of(k.s), STR("mtk_")));
    cr_expect(strcmp(k.s, other.s) != 0);
    cr_expect(key_token_ok(str_of(k.s)));
    for (size_t i = 0; i < KEY_LEN; i++) { /* one letter that is wrong is seen, wherever it is */
        char was = k.s[i];
        k.s[i] = was == 'x' ? 'y' : 'x';
        cr_expect(!key_token_ok(str_of(k.s)), "letter %zu", i);
        k.s[i] = was;
    }
    cr_expect(!key_token_ok(str_make(k.s, KEY_LEN - 1)));
    cr_expect(!key_token_ok(STR("mtk_")));
    cr_expect(!key_token_ok(STR_NULL));
    /* Made by hand with another program's CRC-32 (zlib's), so that a scanner of somebody else's can know ours. */
    cr_expect(key_token_ok(STR("mtk_000000000000000000000000000000000000000029uZIL")));
}

static struct api_key key_of(struct world *w, struct account_id who, const char *name, struct key_token *ret) {
    struct api_key k = {.account = who, .name = str_of(name), .scopes = SCOPE_BIT(SCOPE_CATALOG_READ) | SCOPE_BIT(SCOPE_MONEY_WRITE)};
    OK(api_key_create(&w->e, &k, ret, &w->f.arena, err));
    return k;
}

static int find(struct world *w, const char *token, const char *address, struct api_key *ret, struct err *reterr) {
    return api_key_find(&w->e, str_of(token), str_of(address), &w->f.arena, ret, reterr);
}

Test(developer, a_key_opens_until_it_is_revoked_or_has_expired) {
    SCOPED_WORLD(w);
    struct account_id ada = world_account(&w, "ada@example.org", ROLE_OPERATOR);
    struct key_token token, late;
    struct api_key k = key_of(&w, ada, "cms", &token), found;
    OK(find(&w, token.s, "203.0.113.7", &found, err));
    cr_expect_str_eq(found.id.v.s, k.id.v.s);
    cr_expect_eq(found.scopes, k.scopes);
    cr_expect(str_eq(scopes_text(found.scopes, &w.f.arena), STR("catalog:read money:write")));
    struct err e = FAILS(ERR_CONFLICT, api_key_create(&w.e, &(struct api_key){.account = ada, .name = STR("cms")}, &late, &w.f.arena, err));
    cr_expect_str_eq(e.reason, "key.name_taken");

    char wrong[KEY_LEN + 1];
    OK(key_token_make(&late, err)); /* well-formed, of nobody */
    e = FAILS(ERR_UNAUTHENTICATED, find(&w, late.s, "", &found, err));
    cr_expect_str_eq(e.reason, "key.invalid");
    memcpy(wrong, late.s, sizeof wrong); /* the public part of a real one is no key */
    memcpy(wrong, token.s, KEY_FIND_LEN);
    FAILS(ERR_UNAUTHENTICATED, find(&w, wrong, "", &found, err));

    cr_expect_eq(OK(api_key_revoke(&w.e, k.id, err)), 1);
    cr_expect_eq(OK(api_key_revoke(&w.e, k.id, err)), 0);
    e = FAILS(ERR_UNAUTHENTICATED, find(&w, token.s, "", &found, err));
    cr_expect_str_eq(e.reason, "key.revoked");
    e = FAILS(ERR_NOT_FOUND, api_key_revoke(&w.e, (struct api_key_id){id_new(0)}, err));

    struct api_key brief = {.account = ada, .name = STR("cms"), .ranges = STR("10.0.0.0/8"), .expires_ms = clock_now_ms(w.e.clock) + HOUR_MS};
    OK(api_key_create(&w.e, &brief, &late, &w.f.arena, err)); /* the name is free again */
    OK(find(&w, late.s, "10.2.3.4", &found, err));
    e = FAILS(ERR_FORBIDDEN, find(&w, late.s, "203.0.113.7", &found, err));
    cr_expect_str_eq(e.reason, "key.address");
    clock_shift(&w.f.clock, HOUR_MS);
    e = FAILS(ERR_UNAUTHENTICATED, find(&w, late.s, "10.2.3.4", &found, err));
    cr_expect_str_eq(e.reason, "key.expired");
}

Test(developer, a_key_goes_with_who_made_it_and_is_told_to_them) {
    SCOPED_WORLD(w);
    struct account_id ada = world_account(&w, "ada@example.org", ROLE_OPERATOR);
    struct key_token token;
    struct api_key found;
    json_t *told;
    key_of(&w, ada, "cms", &token);
    OK(find(&w, token.s, "", &found, err));
    OK(api_key_service.export(&w.e, ada, &told, err));
    json_t *row = json_array_get(json_object_get(told, "keys"), 0);
    cr_expect_str_eq(json_string_value(json_object_get(row, "name")), "cms");
    int64_t used = 0;
    cr_expect(rfc3339_parse(str_of(json_string_value(json_object_get(row, "used_at"))), &used));
    cr_expect_eq(used % HOUR_MS, 0, "what a key was used for is noted by the hour");
    char *text = json_dumps(told, 0);
    cr_expect(!strstr(text, token.s + KEY_FIND_LEN), "the archive has a key's secret");
    free(text);
    json_decref(told);
    OK(api_key_service.erase(&w.e, ada, err));
    FAILS(ERR_UNAUTHENTICATED, find(&w, token.s, "", &found, err));
}

/* ---- what is told ---- */

Test(developer, the_table_of_events_is_heard_whole) {
    for (const struct hook_event *ev = hook_events; ev->type; ev++) {
        size_t heard = 0, shapes = 0;
        for (const struct event_handler *h = hook_handlers; h->event; h++)
            heard += strcmp(h->event, ev->source) == 0;
        for (const struct schema *s = hook_event_schemas; s->name; s++)
            shapes += strcmp(s->name, ev->schema) == 0;
        cr_expect_eq(heard, ev->source[0] ? 1 : 0, "%s is heard %zu times", ev->type, heard);
        cr_expect_eq(shapes, 1, "%s has no shape", ev->type);
    }
    for (const struct event_handler *h = hook_handlers; h->event; h++) {
        bool told = false;
        for (const struct hook_event *ev = hook_events; ev->type; ev++)
            told |= strcmp(h->event, ev->source) == 0;
        cr_expect(told, "%s is heard for nothing", h->event);
    }
}

Test(developer, a_subscription_is_told_by_its_moves) {
    static const struct {
        const char *from, *state, *type;
    } rows[] = {{"pending", "trialing", "subscription.started"},  {"pending", "active", "subscription.started"},
                {"pending", "ended", NULL},                       {"trialing", "active", "subscription.changed"},
                {"active", "active", "subscription.changed"},     {"active", "past_due", "subscription.changed"},
                {"active", "pausing", "subscription.changed"},    {"active", "cancelling", "subscription.cancelled"},
                {"cancelling", "cancelling", "subscription.changed"}, {"cancelling", "active", "subscription.changed"},
                {"cancelling", "ended", "subscription.ended"},    {"past_due", "ended", "subscription.ended"},
                {"trialing", "ended", "subscription.ended"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_t *body = json_pack("{s:s, s:s}", "from", rows[i].from, "state", rows[i].state);
        const struct hook_event *ev = hook_event_of(STR("subscription.changed"), body);
        cr_expect_eq(ev == NULL, rows[i].type == NULL, "%s to %s", rows[i].from, rows[i].state);
        if (ev && rows[i].type)
            cr_expect_str_eq(ev->type, rows[i].type, "%s to %s: %s", rows[i].from, rows[i].state, ev->type);
        json_decref(body);
    }
    cr_expect_null(hook_event_of(STR(""), NULL));
}

Test(developer, data_has_what_its_shape_has_and_no_more) {
    json_t *body = json_pack("{s:s, s:s, s:s}", "account_id", "A", "email", "ada@example.org", "name", "Ada");
    json_t *data = hook_data(hook_event_find(STR("account.created")), body);
    cr_expect_eq(json_object_size(data), 1);
    cr_expect_str_eq(json_string_value(json_object_get(data, "account_id")), "A");
    json_decref(data);
    json_decref(body);
}

/* The example of the Standard Webhooks specification. */
Test(developer, a_signature_is_the_standards_own) {
    scoped(buf_done) struct buf secret = BUF(64);
    scoped(buf_done) struct buf out = BUF(1024);
    struct hook_secret s[2] = {0};
    cr_assert(buf_unbase64url(&secret, STR("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")));
    memcpy(s[0].bytes, secret.p, s[0].n = secret.n);
    s[1] = s[0];
    cr_assert(hook_sign(s, 1, STR("msg_p5jXN8AQM9LWM0D4loKWxJek"), 1614265330, STR("{\"test\": 2432232314}"), &out));
    cr_expect_str_eq(buf_cstr(&out), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    buf_reset(&out);
    cr_assert(hook_sign(s, 2, STR("msg_p5jXN8AQM9LWM0D4loKWxJek"), 1614265330, STR("{\"test\": 2432232314}"), &out));
    cr_expect_str_eq(buf_cstr(&out), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    cr_expect(!hook_sign(s, 0, STR("x"), 0, STR("{}"), &out), "nothing is sent without a signature");
}

Test(developer, pauses_are_a_list_of_seconds) {
    struct hook_retries r;
    cr_expect(hook_retries_parse(STR("5, 60,300"), &r) && r.n == 3 && r.pause_ms[2] == 300000);
    cr_expect(!hook_retries_parse(STR(""), &r));
    cr_expect(!hook_retries_parse(STR("5,"), &r));
    cr_expect(!hook_retries_parse(STR("0"), &r));
    cr_expect(!hook_retries_parse(STR("5m"), &r));
    cr_expect(!hook_retries_parse(STR("1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"), &r));
}

/* ---- the life of a delivery ---- */

/* An endpoint at an address of our own network, where nothing is sent. */
static struct hook_id hook_put(struct world *w, const char *events) {
    struct tx *tx;
    struct hook_id id = {id_new(clock_now_ms(w->e.clock))};
    char secret[HOOK_SECRET_CAP];
    OK(tx_begin(w->e.store, STORE_JOBS, TX_WRITE, &tx, err));
    OK(tx_exec(tx, &hook_sql[HOOK_INSERT],
               ARGS(A_ID(id), A_CSTR("Shop"), A_CSTR("https://127.0.0.1:9/hooks"), A_CSTR(events), A_I64(clock_now_ms(w->e.clock))), err));
    OK(hook_secret_make(&w->e, tx, id, secret, err));
    OK(tx_commit(&tx, err));
    cr_expect(str_starts(str_of(secret), STR("whsec_")) && strlen(secret) == 6 + 44);
    return id;
}

static const struct event_handler *const handlers[] = {hook_handlers, NULL};

static struct rows deliveries(struct world *w, struct hook_id id) {
    struct rows r;
    OK(store_query(w->e.store, &hook_sql[DELIVERY_PAGE], ARGS(A_ID(id), A_CSTR(""), A_CSTR(""), A_I64(100)), &w->f.arena, &r, err));
    return r;
}

Test(developer, an_event_is_taken_once_and_by_whom_it_is_for) {
    SCOPED_WORLD(w);
    world_film(&w, "Before", SCHEME_CLEAR, true);
    clock_shift(&w.f.clock, 1000);
    struct hook_id shop = hook_put(&w, "title.published account.created"), other = hook_put(&w, "title.unpublished");
    clock_shift(&w.f.clock, 1000);
    struct film film = world_film(&w, "After", SCHEME_CLEAR, true);
    OK(event_dispatch_once(&w.e, handlers, err));
    struct rows r = deliveries(&w, shop), none = deliveries(&w, other);
    cr_assert_eq(r.n, 1, "what was before an endpoint is not told to it");
    cr_expect_eq(none.n, 0);
    struct rows body;
    OK(store_row(w.e.store, &hook_sql[MESSAGE_BODY], ARGS(A_STR(row_str(&r, 0, 2))), &w.f.arena, &body, err));
    json_t *j = json_loads(row_str(&body, 0, 0).p, 0, NULL);
    cr_expect_str_eq(json_string_value(json_object_get(j, "type")), "title.published");
    cr_expect_str_eq(json_string_value(json_object_get(json_object_get(j, "data"), "title_id")), film.title.v.s);
    /* A kill between our commit and the dispatcher's hands the same event over again. */
    struct event again = {.id = {row_id(&r, 0, 2)}, .name = STR("title.published"), .body = STR("{}"), .at_ms = clock_now_ms(w.e.clock)};
    OK(hook_take(&w.e, &again, &w.f.arena, err));
    cr_expect_eq(deliveries(&w, shop).n, 1);
    json_decref(j);
}

Test(developer, who_is_gone_is_told_once_and_then_known_to_no_outbox) {
    SCOPED_WORLD(w);
    struct hook_id crm = hook_put(&w, "account.created account.erased");
    clock_shift(&w.f.clock, 1000);
    struct account_id ana = world_account(&w, "ana@example.org", ROLE_VIEWER);
    OK(identity_service.erase(&w.e, ana, err)); /* before anybody was told that she came: nobody is */
    OK(event_dispatch_once(&w.e, handlers, err));
    OK(event_dispatch_once(&w.e, handlers, err));
    struct rows r = deliveries(&w, crm), body, left;
    cr_assert_eq(r.n, 1);
    OK(store_row(w.e.store, &hook_sql[MESSAGE_BODY], ARGS(A_STR(row_str(&r, 0, 2))), &w.f.arena, &body, err));
    cr_expect(str_find(row_str(&body, 0, 0), STR("account.erased")) > 0 && str_find(row_str(&body, 0, 0), id_str(&ana.v)) > 0);
    static const struct sql outbox = {"OUTBOX", STORE_MAIN, "SELECT id FROM event_outbox_main WHERE body LIKE '%' || CAST($1 AS TEXT) || '%' OR subject = $1"};
    cr_expect_eq(OK(store_query(w.e.store, &outbox, ARGS(A_ID(ana)), &w.f.arena, &left, err)), 0);
}

struct hurry {
    struct world *w;
    atomic_bool done;
};

/* Three days pass in seconds. */
static void *hours_pass(void *arg) {
    struct hurry *h = arg;
    while (!atomic_load(&h->done)) {
        clock_shift(&h->w->f.clock, HOUR_MS);
        usleep(30000);
    }
    return NULL;
}

static void work(struct world *w) {
    static const struct job_kind *const kinds[] = {hook_jobs, NULL};
    struct hurry h = {.w = w};
    struct job_worker *worker;
    pthread_t thread;
    OK(job_worker_new(&(struct job_worker_options){.engine = &w->e, .kinds = kinds, .cores = 1, .run_dir = w->f.dir, .until_idle = true},
                      &worker, err));
    cr_assert_eq(pthread_create(&thread, NULL, hours_pass, &h), 0);
    OK(job_worker_run(worker, err));
    atomic_store(&h.done, true);
    pthread_join(thread, NULL);
    job_worker_free(worker);
}

static struct str state_of(struct world *w, struct hook_id id) {
    struct hook h;
    OK(hook_get(w->e.store, id, &w->f.arena, &h, err));
    return h.state;
}

Test(developer, what_is_never_taken_is_given_up_and_its_endpoint_turned_off) {
    SCOPED_WORLD(w);
    world_account(&w, "ada@example.org", ROLE_OPERATOR);
    clock_shift(&w.f.clock, 1000); /* what happens in the endpoint's own millisecond is told to it */
    struct hook_id shop = hook_put(&w, "account.created");
    world_account(&w, "ben@example.org", ROLE_VIEWER);
    OK(event_dispatch_once(&w.e, handlers, err));
    int64_t began = clock_now_ms(w.e.clock);
    work(&w);
    struct rows r = deliveries(&w, shop);
    cr_assert_eq(r.n, 1);
    struct delivery d;
    delivery_read(&r, 0, &d);
    cr_expect(str_eq(d.state, STR("failed")));
    cr_expect_eq(d.tries, 11, "%d attempts", (int)d.tries);
    cr_expect(str_eq(d.error, STR("private_address")), "%s", d.error.p);
    cr_expect(d.ended_ms - began > 2 * DAY_MS, "given up after %d hours", (int)((d.ended_ms - began) / HOUR_MS));
    cr_expect(str_eq(state_of(&w, shop), STR("failing")));

    struct hook h; /* five days later it is off, and operators are written to */
    clock_shift(&w.f.clock, 5 * DAY_MS);
    OK(hook_get(w.e.store, shop, &w.f.arena, &h, err));
    OK(hook_replay(&w.e, &h, d.id, err));
    work(&w);
    cr_expect(str_eq(state_of(&w, shop), STR("off")));
    r = deliveries(&w, shop);
    delivery_read(&r, 0, &d);
    cr_expect(str_eq(d.state, STR("failed")), "what waits is given up, too");
    static const struct sql letters = {"LETTERS", STORE_MAIN, "SELECT recipient FROM mail_outbox WHERE body LIKE '%An endpoint is turned off%'"};
    struct rows mail;
    cr_expect_eq(OK(store_query(w.e.store, &letters, NO_ARGS, &w.f.arena, &mail, err)), 1);
    OK(hook_get(w.e.store, shop, &w.f.arena, &h, err));
    struct err e = FAILS(ERR_CONFLICT, hook_replay(&w.e, &h, d.id, err));
    cr_expect_str_eq(e.reason, "webhook.off");
}

Test(developer, a_delivery_whose_job_is_gone_is_taken_up_again) {
    SCOPED_WORLD(w);
    struct hook_id shop = hook_put(&w, "account.created");
    struct delivery_id id;
    struct delivery d;
    static const struct sql gone = {"GONE", STORE_JOBS, "DELETE FROM job"};
    static const struct sql jobs = {"JOBS", STORE_JOBS, "SELECT count(*) FROM job"};
    struct rows n;
    OK(hook_ping(&w.e, shop, &id, err));
    OK(store_exec(w.e.store, &gone, NO_ARGS, err));
    OK(hook_sweep(&w.e, err));
    OK(store_row(w.e.store, &jobs, NO_ARGS, &w.f.arena, &n, err));
    cr_expect_eq(row_i64(&n, 0, 0), 0, "it may only be late");
    clock_shift(&w.f.clock, HOUR_MS);
    OK(hook_sweep(&w.e, err));
    OK(hook_sweep(&w.e, err));
    OK(store_row(w.e.store, &jobs, NO_ARGS, &w.f.arena, &n, err));
    cr_expect_eq(row_i64(&n, 0, 0), 1);
    OK(delivery_get(w.e.store, id, &w.f.arena, &d, err));
    cr_expect_eq(d.turn, 2, "the old job, should it come back, does nothing");
}
