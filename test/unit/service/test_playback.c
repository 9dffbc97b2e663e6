/* From Play to a licence and a resume, between accounts and over time, on the real services. */
#include "play.h"
#include "world.h"
#include "base/buf.h"
#include "base/config.h"
#include "engine/cat/cat.h"
#include "service/billing/billing.h"
#include "service/delivery/delivery_int.h"
#include "service/licence/entitlement.h"
#include "service/licence/licence.h"
#include "service/playback/playback_int.h"
#include "service/rights/rights.h"
#include "service/viewing/viewing.h"
#include <unistd.h>

static struct playback_ask ask_of(struct principal who, struct film film) {
    return (struct playback_ask){.who = who,
                                 .title = film.title,
                                 .device_kind = STR("web"),
                                 .device_name = STR("Test"),
                                 .can = {.clearkey = true}};
}

static json_t *play(struct world *w, struct principal who, struct film film) {
    struct playback_ask ask = ask_of(who, film);
    json_t *j = NULL;
    OK(play_start(&w->e, &ask, &w->f.arena, &j, err));
    return j;
}

static struct err play_fails(struct world *w, int code, struct principal who, struct film film) {
    struct playback_ask ask = ask_of(who, film);
    json_t *j = NULL;
    return FAILS(code, play_start(&w->e, &ask, &w->f.arena, &j, err));
}

static const char *text(const json_t *j, const char *name) {
    return json_string_value(json_object_get(j, name));
}

static struct playback_id id_of(const json_t *playback) {
    struct playback_id id;
    cr_assert(id_parse(str_of(text(playback, "id")), &id.v));
    return id;
}

static struct str grant_of(const json_t *playback) {
    struct str url = str_of(text(json_object_get(playback, "licence"), "url"));
    cr_assert(str_starts(url, STR("/api/v1/licence/clearkey/")));
    return str_slice(url, sizeof "/api/v1/licence/clearkey/" - 1, url.n);
}

static struct str request_for(struct world *w, const uint8_t *kid) {
    scoped(buf_done) struct buf b = BUF(256);
    buf_addc(&b, "{\"kids\":[\"");
    buf_base64url(&b, kid, 16);
    buf_addc(&b, "\"],\"type\":\"temporary\"}");
    return str_dup(&w->f.arena, buf_str(&b));
}

Test(playback, the_answer_holds_what_a_player_needs) {
    SCOPED_WORLD(w);
    struct film film = world_film(&w, "Film", SCHEME_CBCS, true);
    json_t *j = play(&w, world_sign_in(&w, world_account(&w, "ana@example.org", 0)), film);
    cr_expect_str_eq(text(j, "asset_id"), film.asset.v.s);
    cr_expect_str_eq(text(json_object_get(j, "title"), "slug"), "film");
    cr_expect(json_is_true(json_object_get(j, "protected")));
    cr_expect_str_eq(text(json_object_get(j, "licence"), "system"), "org.w3.clearkey");
    cr_expect_str_eq(text(json_object_get(j, "licence"), "scheme"), "cbcs");
    cr_expect_eq(json_number_value(json_object_get(j, "duration_s")), 60);
    cr_expect_eq(json_number_value(json_object_get(j, "resume_s")), 0);
    json_t *sb = json_object_get(j, "storyboard");
    cr_expect_eq(json_integer_value(json_object_get(sb, "count")), 30);
    cr_expect_eq(json_number_value(json_object_get(sb, "every_s")), 2);
    cr_expect(str_ends(str_of(text(sb, "url_template")), STR("/d/i1/{n}.jpg")));
    cr_expect(str_ends(str_of(text(j, "hls_url")), STR("/d/main.m3u8")));
    cr_expect(str_ends(str_of(text(j, "dash_url")), STR("/d/main.mpd")));
    json_decref(j);
}

Test(playback, the_token_names_this_playback_and_its_path_only) {
    SCOPED_WORLD(w);
    clock_stop(&w.f.clock, clock_now_ms(&w.f.clock)); /* whole seconds are compared */
    struct film film = world_film(&w, "Film", SCHEME_CBCS, true);
    json_t *j = play(&w, world_sign_in(&w, world_account(&w, "ana@example.org", 0)), film);
    struct cat_key key;
    struct cat_claims claims;
    struct str token, path = str_cut(str_slice(str_of(text(j, "hls_url")), 3, 9999), '/', &token);
    char full[128], other[128];
    int64_t now_s = clock_now_ms(&w.f.clock) / 1000;
    OK(token_key_current(&w.e, &key, err));
    struct cat_verifier *v = cat_verifier_new(&key, 1);
    snprintf(full, sizeof full, "/" STR_FMT, STR_ARG(path));
    snprintf(other, sizeof other, "/" ID_FMT "/h360/v1.m3u8", ID_ARG(film.asset.v));
    cr_expect_eq(cat_verify(v, token, str_of(full), now_s, &claims), CAT_OK);
    cr_expect_eq(claims.cti_len, ID_LEN);
    cr_expect_arr_eq(claims.cti, text(j, "id"), ID_LEN);
    cr_expect_eq(claims.exp_s - now_s, DELIVERY_SESSION_MS / 1000);
    cr_expect_eq(cat_verify(v, token, str_of(other), now_s, NULL), CAT_PATH);
    cr_expect_eq(cat_verify(v, token, str_of(full), claims.exp_s + 1, NULL), CAT_EXPIRED);
    cat_verifier_free(v);
    json_decref(j);
}

Test(playback, who_is_not_signed_in_or_no_editor_is_refused) {
    SCOPED_WORLD(w);
    struct film film = world_film(&w, "Film", SCHEME_CBCS, true);
    struct film hidden = world_film(&w, "Hidden", SCHEME_CBCS, false);
    struct film absent = {.title = {id_new(1)}};
    struct principal ana = world_sign_in(&w, world_account(&w, "ana@example.org", 0));
    struct principal ed = world_sign_in(&w, world_account(&w, "ed@example.org", ROLE_EDITOR));
    struct principal nobody = {0};
    cr_expect_str_eq(play_fails(&w, ERR_UNAUTHENTICATED, nobody, film).reason,
                     "playback.signed_out");
    cr_expect_str_eq(play_fails(&w, ERR_NOT_FOUND, ana, absent).reason, "playback.not_found");
    cr_expect_str_eq(play_fails(&w, ERR_FORBIDDEN, ana, hidden).reason, "playback.not_published");
    json_decref(play(&w, ed, hidden));
}

Test(playback, files_that_cannot_be_read_are_not_ready) {
    SCOPED_WORLD(w);
    struct film film = world_film(&w, "Film", SCHEME_CBCS, true);
    char name[64];
    snprintf(name, sizeof name, "asset/" ID_FMT "/v1.idx", ID_ARG(film.asset.v));
    OK(blob_delete(w.e.blob, name, err));
    log_init("test", LOG_ERROR + 1); /* the line that is due would only confuse here */
    struct principal ana = world_sign_in(&w, world_account(&w, "ana@example.org", 0));
    cr_expect_str_eq(play_fails(&w, ERR_CONFLICT, ana, film).reason, "playback.not_ready");
}

Test(playback, another_device_resumes_where_the_first_stopped) {
    SCOPED_WORLD(w);
    struct film film = world_film(&w, "Film", SCHEME_CBCS, true);
    struct account_id account = world_account(&w, "ana@example.org", 0);
    struct principal phone = world_sign_in(&w, account), tv = world_sign_in(&w, account);
    struct principal bob = world_sign_in(&w, world_account(&w, "bob@example.org", 0));
    json_t *first = play(&w, phone, film);
    OK(playback_heartbeat(&w.e, account, id_of(first), 12500, STR("playing"), 1000, err));
    json_t *second = play(&w, tv, film);
    cr_expect_float_eq(json_number_value(json_object_get(second, "resume_s")), 12.5, 0.001);
    json_t *other = play(&w, bob, film);
    cr_expect_eq(json_number_value(json_object_get(other, "resume_s")), 0);
    json_decref(first);
    json_decref(second);
    json_decref(other);
}

Test(playback, a_heartbeat_reaches_only_ones_own_running_playback) {
    SCOPED_WORLD(w);
    struct film film = world_film(&w, "Film", SCHEME_CBCS, true);
    struct principal ana = world_sign_in(&w, world_account(&w, "ana@example.org", 0));
    struct principal bob = world_sign_in(&w, world_account(&w, "bob@example.org", 0));
    json_t *j = play(&w, ana, film);
    struct progress p;
    cr_expect_str_eq(FAILS(ERR_NOT_FOUND, playback_heartbeat(&w.e, bob.account, id_of(j), 30000,
                                                             STR("playing"), 1, err))
                         .reason,
                     "playback.not_found");
    FAILS(ERR_NOT_FOUND, viewing_progress(&w.e, ana.profile, film.title, &p, err));
    clock_shift(&w.f.clock, DELIVERY_SESSION_MS);
    FAILS(ERR_NOT_FOUND,
          playback_heartbeat(&w.e, ana.account, id_of(j), 30000, STR("playing"), 1, err));
    json_decref(j);
}

Test(viewing, late_reports_do_not_turn_back_and_positions_stay_inside) {
    SCOPED_WORLD(w);
    struct film film = world_film(&w, "Film", SCHEME_CBCS, true);
    struct principal ana = world_sign_in(&w, world_account(&w, "ana@example.org", 0));
    json_t *j = play(&w, ana, film), *again = play(&w, ana, film);
    struct progress p;
    OK(playback_heartbeat(&w.e, ana.account, id_of(j), 30000, STR("playing"), 2000, err));
    OK(playback_heartbeat(&w.e, ana.account, id_of(j), 20000, STR("playing"), 1000,
                          err)); /* late */
    OK(viewing_progress(&w.e, ana.profile, film.title, &p, err));
    cr_expect_eq(p.position_ms, 30000);
    /* Another playback has another clock. */
    OK(playback_heartbeat(&w.e, ana.account, id_of(again), 9000, STR("paused"), 500, err));
    OK(viewing_progress(&w.e, ana.profile, film.title, &p, err));
    cr_expect_eq(p.position_ms, 9000);
    OK(playback_heartbeat(&w.e, ana.account, id_of(again), 99999999, STR("playing"), 501, err));
    OK(viewing_progress(&w.e, ana.profile, film.title, &p, err));
    cr_expect_eq(p.position_ms, 60000);
    cr_expect_eq(p.resume_ms, 0);
    json_decref(j);
    json_decref(again);
}

Test(viewing, the_resume_rule) {
    static const struct {
        int64_t position_s, duration_s, resume_s;
    } cases[] = {{0, 6000, 0},       {4, 6000, 0},       {5, 6000, 5},
                 {3000, 6000, 3000}, {5819, 6000, 5819}, {5820, 6000, 0}, /* the last 3 % */
                 {569, 600, 569},    {570, 600, 0},                       /* the last 30 s */
                 {56, 60, 56},       {57, 60, 0}, /* of a clip the last 5 % */
                 {10, 0, 0},         {700, 600, 0}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        cr_expect_eq(viewing_resume_ms(cases[i].position_s * 1000, cases[i].duration_s * 1000),
                     cases[i].resume_s * 1000, "%d of %d", (int)cases[i].position_s,
                     (int)cases[i].duration_s);
}

Test(viewing, what_ended_is_not_continued) {
    SCOPED_WORLD(w);
    struct film a = world_film(&w, "A", SCHEME_CLEAR, true),
                b = world_film(&w, "B", SCHEME_CLEAR, true);
    struct principal ana = world_sign_in(&w, world_account(&w, "ana@example.org", 0));
    json_t *ja = play(&w, ana, a), *jb = play(&w, ana, b);
    struct progress *seen;
    size_t n;
    OK(playback_heartbeat(&w.e, ana.account, id_of(ja), 20000, STR("playing"), 1, err));
    clock_shift(&w.f.clock, 1000);
    OK(playback_heartbeat(&w.e, ana.account, id_of(jb), 30000, STR("playing"), 1, err));
    OK(viewing_continue(&w.e, ana.profile, 10, &w.f.arena, &seen, &n, err));
    cr_assert_eq(n, 2);
    cr_expect_str_eq(seen[0].title.v.s, b.title.v.s); /* the latest first */
    OK(playback_heartbeat(&w.e, ana.account, id_of(jb), 30000, STR("ended"), 2, err));
    OK(viewing_continue(&w.e, ana.profile, 10, &w.f.arena, &seen, &n, err));
    cr_assert_eq(n, 1);
    cr_expect_str_eq(seen[0].title.v.s, a.title.v.s);
    json_decref(ja);
    json_decref(jb);
}

/* ---- Licences ---- */

struct licensed {
    struct film film;
    json_t *playback;
    struct content_key sd, hd;
    struct str grant;
};
static struct licensed licensed(struct world *w) {
    struct licensed l = {.film = world_film(w, "Film", SCHEME_CBCS, true)};
    l.playback = play(w, world_sign_in(w, world_account(w, "ana@example.org", 0)), l.film);
    OK(keys_get(&w->e, l.film.asset, KEY_SD, 0, &l.sd, err));
    OK(keys_get(&w->e, l.film.asset, KEY_HD, 0, &l.hd, err));
    l.grant = grant_of(l.playback);
    return l;
}

Test(licence, gives_the_key_that_opens_the_track) {
    SCOPED_WORLD(w);
    struct licensed l = licensed(&w);
    scoped(buf_done) struct buf key = BUF(64);
    json_t *j;
    OK(licence_make(&w.e, l.grant, request_for(&w, l.hd.kid), &j, err));
    json_t *one = json_array_get(json_object_get(j, "keys"), 0);
    cr_expect_str_eq(text(j, "type"), "temporary");
    cr_expect_str_eq(text(one, "kty"), "oct");
    cr_assert(buf_unbase64url(&key, str_of(text(one, "k"))));
    cr_expect_eq(key.n, 16);
    cr_expect_arr_eq(key.p, l.hd.key, 16);
    cr_expect_eq(strlen(text(one, "k")), 22, "base64url without padding");
    json_decref(j);
    json_decref(l.playback);
}

/* What the front's workers read. */
static struct str revoked_of(struct world *w) {
    char path[200], *text = arena_alloc(&w->f.arena, 4096);
    snprintf(path, sizeof path, "%s/" DELIVERY_REVOKED_FILE, w->e.run_dir);
    FILE *f = fopen(path, "r");
    cr_assert_not_null(f);
    size_t n = fread(text, 1, 4096, f);
    fclose(f);
    return str_make(text, n);
}

static void dispatch(struct world *w) {
    const struct event_handler *const tables[] = {playback_service.events, NULL};
    OK(event_dispatch_once(&w->e, tables, err));
}

static void ends(struct world *w, struct licensed *l) {
    json_t *j;
    cr_expect_str_eq(
        FAILS(ERR_FORBIDDEN, licence_make(&w->e, l->grant, request_for(w, l->hd.kid), &j, err))
            .reason,
        "playback.ended");
}

static void told(struct world *w, struct session_id session, const char *body) {
    struct tx *tx;
    OK(tx_begin(w->e.store, STORE_MAIN, TX_WRITE, &tx, err));
    OK(event_publish(tx, SESSION_ENDED, 1, id_str(&session.v), str_of(body), err));
    OK(tx_commit(&tx, err));
    dispatch(w);
}

/* Until migration 0073 such an event did not say whose session it was. Another account's name finds nothing. */
Test(playback, an_ended_session_is_found_by_its_account_and_without) {
    SCOPED_WORLD(w);
    struct film film = world_film(&w, "Film", SCHEME_CLEAR, true);
    struct principal ana = world_sign_in(&w, world_account(&w, "ana@example.org", 0));
    struct principal bob = world_sign_in(&w, world_account(&w, "bob@example.org", 0));
    struct playback_id hers = {0};
    char body[64];
    json_t *j = play(&w, ana, film);
    cr_assert(id_parse(str_of(text(j, "id")), &hers.v));
    json_decref(j);
    json_decref(play(&w, bob, film));
    OK(record_flush(&w.e, err));
    snprintf(body, sizeof body, "{\"account_id\":\"%s\"}", bob.account.v.s);
    told(&w, ana.session, body);
    told(&w, ana.session, "{\"account_id\":null}"); /* erased: what it had was ended before */
    cr_expect_eq(revoked_of(&w).n, 0);
    told(&w, ana.session, "{}");
    cr_expect(str_starts(revoked_of(&w), id_str(&hers.v)) && revoked_of(&w).n == ID_LEN + 1);
}

/* Who was let in a moment before the session ended and is written a moment after it. */
static struct playback_id late(struct world *w, struct principal who, struct film film, int64_t since_ns) {
    struct playback_ask ask = ask_of(who, film);
    json_t *j = NULL;
    ask.since_ns = since_ns;
    OK(play_start(&w->e, &ask, &w->f.arena, &j, err));
    struct playback_id id = id_of(j);
    json_decref(j);
    OK(record_flush(&w->e, err));
    return id;
}

static bool is_revoked(struct world *w, struct playback_id id) { return str_find(revoked_of(w), id_str(&id.v)) >= 0; }

Test(playback, what_a_session_began_while_it_ended_ends_with_it) {
    SCOPED_WORLD(w);
    static const struct sql taken = {"TAKEN", STORE_MAIN, "DELETE FROM session WHERE id = $1"};
    struct film film = world_film(&w, "Film", SCHEME_CLEAR, true);
    struct account_id account = world_account(&w, "ana@example.org", 0);
    const struct config_key *const tables[] = {playback_config, identity_service.config, billing_service.config, rights_service.config,
                                                viewing_service.config, delivery_service.config, NULL};
    struct config *config = config_new(tables);
    OK(config_set(config, "playback-batch", STR("1s"), "test", err)); /* written when we say so */
    OK(config_set(config, "streams-max", STR("20"), "test", err));
    w.e.config = config;
    struct principal stays = world_sign_in(&w, account), goes = world_sign_in(&w, account), crowd = world_sign_in(&w, account);
    int64_t first = clock_mono_ns();
    late(&w, stays, film, first);
    usleep(1100000); /* until there are two marks */
    late(&w, stays, film, clock_mono_ns());
    int64_t let_in = clock_mono_ns();
    OK(session_revoke(&w.e, goes.session, err));
    cr_expect(is_revoked(&w, late(&w, goes, film, let_in)), "it is among those that ended");
    cr_expect(!is_revoked(&w, late(&w, stays, film, let_in)));
    /* One whose time ran out, and whose row was taken away, was ended by nobody. */
    OK(store_exec(w.e.store, &taken, ARGS(A_ID(stays.session)), err));
    cr_expect(!is_revoked(&w, late(&w, stays, film, clock_mono_ns())), "nothing is looked for that nobody ended");
    cr_expect(is_revoked(&w, late(&w, stays, film, first)), "older than the mark: looked for");
    cr_expect(is_revoked(&w, late(&w, stays, film, 0)), "not known: looked for");
    for (int i = 0; i < SESSIONS_ENDED_MAX; i++)
        OK(session_revoke(&w.e, world_sign_in(&w, account).session, err));
    let_in = clock_mono_ns();
    OK(session_revoke(&w.e, crowd.session, err));
    cr_expect(is_revoked(&w, late(&w, crowd, film, let_in)), "behind a crowd");
    record_stop();
    w.e.config = NULL;
    config_free(config);
}

Test(licence, ends_with_the_session_and_so_does_the_token) {
    SCOPED_WORLD(w);
    struct film film = world_film(&w, "Film", SCHEME_CBCS, true);
    struct account_id account = world_account(&w, "ana@example.org", 0);
    struct principal here = world_sign_in(&w, account), there = world_sign_in(&w, account);
    struct licensed mine = {.film = film, .playback = play(&w, here, film)};
    struct licensed other = {.film = film, .playback = play(&w, there, film)};
    json_t *j;
    OK(keys_get(&w.e, film.asset, KEY_HD, 0, &mine.hd, err));
    other.hd = mine.hd;
    mine.grant = grant_of(mine.playback);
    other.grant = grant_of(other.playback);
    cr_expect_eq(revoked_of(&w).n, 0);
    OK(session_revoke(&w.e, here.session, err));
    ends(&w, &mine); /* at once, whoever dispatches events */
    OK(licence_make(&w.e, other.grant, request_for(&w, other.hd.kid), &j, err));
    json_decref(j);
    dispatch(&w);
    struct str list = revoked_of(&w);
    cr_expect_eq(list.n, ID_LEN + 1);
    cr_expect(str_starts(list, str_of(text(mine.playback, "id"))));
    OK(account_set_password(&w.e, account, STR("a different one 7"), err));
    ends(&w, &other);
    dispatch(&w);
    cr_expect_eq(revoked_of(&w).n, 2 * (ID_LEN + 1));
    /* No longer than the tokens that it is about. */
    clock_shift(&w.f.clock, DELIVERY_SESSION_MS + 3600 * 1000);
    for (const struct cron_row *c = delivery_service.cron; c->name; c++)
        if (strcmp(c->name, "delivery.revoked") == 0)
            OK(c->run(&w.e, err));
    cr_expect_eq(revoked_of(&w).n, 0);
    json_decref(mine.playback);
    json_decref(other.playback);
}

Test(licence, ends_with_the_account) {
    SCOPED_WORLD(w);
    struct licensed l = licensed(&w);
    struct arena a = ARENA(16 << 10);
    struct account account;
    OK(account_by_email(&w.e, STR("ana@example.org"), &a, &account, err));
    OK(playback_service.erase(&w.e, account.id, err));
    ends(&w, &l);
    cr_expect(str_starts(revoked_of(&w), str_of(text(l.playback, "id"))));
    OK(identity_service.erase(&w.e, account.id, err));
    arena_done(&a);
    json_decref(l.playback);
}

Test(licence, a_changed_grant_is_forged_wherever_it_was_changed) {
    SCOPED_WORLD(w);
    struct licensed l = licensed(&w);
    struct str request = request_for(&w, l.hd.kid);
    json_t *j;
    for (size_t i = 0; i < l.grant.n; i++) {
        char *bent = str_cstr(&w.f.arena, l.grant);
        /* The last character of a 32-byte base64url carries 4 bits: change one of those. */
        bent[i] = bent[i] == 'A' ? 'g' : 'A';
        cr_expect_str_eq(
            FAILS(ERR_FORBIDDEN, licence_make(&w.e, str_of(bent), request, &j, err)).reason,
            "licence.grant_forged", "at %zu", i);
    }
    static const char *const nonsense[] = {
        "", ".", "1", "a.b", "1.play.x.y.z.1.1.1.", "........", "\xff\xfe.\xff"};
    for (size_t i = 0; i < ARRAY_LEN(nonsense); i++)
        cr_expect_str_eq(
            FAILS(ERR_FORBIDDEN, licence_make(&w.e, str_of(nonsense[i]), request, &j, err)).reason,
            "licence.grant_forged");
    json_decref(l.playback);
}

Test(licence, a_grant_ends) {
    SCOPED_WORLD(w);
    struct licensed l = licensed(&w);
    json_t *j;
    clock_shift(&w.f.clock, DELIVERY_SESSION_MS - 1000);
    OK(licence_make(&w.e, l.grant, request_for(&w, l.hd.kid), &j, err));
    json_decref(j);
    clock_shift(&w.f.clock, 2000);
    cr_expect_str_eq(
        FAILS(ERR_FORBIDDEN, licence_make(&w.e, l.grant, request_for(&w, l.hd.kid), &j, err))
            .reason,
        "licence.grant_expired");
    json_decref(l.playback);
}

Test(licence, keys_of_another_title_or_class_are_not_given) {
    SCOPED_WORLD(w);
    struct licensed l = licensed(&w);
    struct film other = world_film(&w, "Other", SCHEME_CBCS, true);
    struct content_key theirs;
    uint8_t unknown[16] = {1};
    json_t *j;
    struct grant g;
    struct str narrow;
    OK(keys_get(&w.e, other.asset, KEY_SD, 0, &theirs, err));
    cr_expect_str_eq(
        FAILS(ERR_FORBIDDEN, licence_make(&w.e, l.grant, request_for(&w, theirs.kid), &j, err))
            .reason,
        "licence.key_not_granted");
    cr_expect_str_eq(
        FAILS(ERR_FORBIDDEN, licence_make(&w.e, l.grant, request_for(&w, unknown), &j, err)).reason,
        "licence.key_not_granted");
    OK(grant_read(l.grant, 0, &g, err));
    g.classes &= ~(1u << KEY_HD);
    OK(grant_write(&g, &w.f.arena, &narrow, err));
    FAILS(ERR_FORBIDDEN, licence_make(&w.e, narrow, request_for(&w, l.hd.kid), &j, err));
    OK(licence_make(&w.e, narrow, request_for(&w, l.sd.kid), &j, err));
    json_decref(j);
    json_decref(l.playback);
}

Test(licence, malformed_requests_are_told_apart_from_missing_rights) {
    SCOPED_WORLD(w);
    struct licensed l = licensed(&w);
    json_t *j;
    static const char *const bad[] = {
        "",
        "{",
        "[]",
        "null",
        "{}",
        "{\"kids\":[]}",
        "{\"kids\":\"AAAAAAAAAAAAAAAAAAAAAA\"}",
        "{\"kids\":[1]}",
        "{\"kids\":[\"AAAA\"]}",
        "{\"kids\":[\"!!!!!!!!!!!!!!!!!!!!!!\"]}",
        "{\"kids\":[\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"]}",
        "{\"kids\":[\"AAAAAAAAAAAAAAAAAAAAAA\"],\"type\":\"persistent-license\"}",
        "{\"kids\":[\"AAAAAAAAAAAAAAAAAAAAAA\"],\"type\":7}",
        "{\"kids\":[\"A\\u0000AAAAAAAAAAAAAAAAAAAA\"]}"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        cr_expect_str_eq(
            FAILS(ERR_INVALID, licence_make(&w.e, l.grant, str_of(bad[i]), &j, err)).reason,
            "licence.request_malformed", "%s", bad[i]);
    json_decref(l.playback);
}

/* ---- Manifests ---- */

static struct str manifest(struct world *w, struct film film, const char *view, const char *name) {
    scoped(delivery_asset_put) struct loaded_asset *asset = NULL;
    struct str text_;
    const char *type;
    OK(delivery_asset_get(&w->e, film.asset, (struct asset_form){0}, &asset, err));
    OK(manifest_make(&asset->desc, str_of(view), str_of(name), &w->f.arena, &text_, &type, err));
    return text_;
}

static void no_manifest(struct world *w, struct film film, const char *view, const char *name) {
    scoped(delivery_asset_put) struct loaded_asset *asset = NULL;
    struct str text_;
    const char *type;
    OK(delivery_asset_get(&w->e, film.asset, (struct asset_form){0}, &asset, err));
    FAILS(ERR_NOT_FOUND,
          manifest_make(&asset->desc, str_of(view), str_of(name), &w->f.arena, &text_, &type, err));
}

Test(delivery, manifests_follow_the_view) {
    SCOPED_WORLD(w);
    struct film film = world_film(&w, "Film", SCHEME_CBCS, true);
    cr_expect_geq(str_find(manifest(&w, film, "d", "main.m3u8"), STR("v2.m3u8")), 0);
    cr_expect_lt(str_find(manifest(&w, film, "h360", "main.m3u8"), STR("v2.m3u8")), 0);
    cr_expect_geq(str_find(manifest(&w, film, "h360", "main.m3u8"), STR("v1.m3u8")), 0);
    cr_expect_geq(str_find(manifest(&w, film, "d", "main.mpd"), STR("<MPD")), 0);
    cr_expect_geq(str_find(manifest(&w, film, "d", "v1.m3u8"), STR("v1/14.m4s")), 0);
    no_manifest(&w, film, "d", "v9.m3u8");
    no_manifest(&w, film, "d", "../asset.json");
    no_manifest(&w, film, "h360", "v2.m3u8");
    no_manifest(&w, film, "h0360", "main.m3u8"); /* two spellings of one view */
    no_manifest(&w, film, "c.avc1-h360", "main.m3u8");
    no_manifest(&w, film, "", "main.m3u8");
}

Test(delivery, the_cache_is_bounded_and_shared) {
    SCOPED_WORLD(w);
    struct loaded_asset *held, *again, *other;
    struct film film = world_film(&w, "Held", SCHEME_CLEAR, true);
    char name[32];
    OK(delivery_asset_get(&w.e, film.asset, (struct asset_form){0}, &held, err));
    OK(delivery_asset_get(&w.e, film.asset, (struct asset_form){0}, &again, err));
    cr_expect_eq(held, again);
    delivery_asset_put(&again);
    for (int i = 0; i < ASSETS_CACHED + 3; i++) {
        snprintf(name, sizeof name, "film %d", i);
        OK(delivery_asset_get(&w.e, world_film(&w, name, SCHEME_CLEAR, true).asset, (struct asset_form){0}, &other, err));
        delivery_asset_put(&other);
    }
    cr_expect_eq(held->refs, 1, "out of the cache, and still ours to read: %d", held->refs);
    cr_expect(str_eq(held->desc.id, id_str(&film.asset.v)));
    delivery_asset_put(&held);
    FAILS(ERR_NOT_FOUND, delivery_asset_get(&w.e, (struct asset_id){id_new(1)}, (struct asset_form){0}, &other, err));
}

static void age(struct world *w, int64_t by_ms) {
    char command[160];
    snprintf(command, sizeof command, "touch -d '-%lld seconds' %s/" DELIVERY_KEYS_FILE,
             (long long)by_ms / 1000, w->f.dir);
    cr_assert_eq(system(command), 0);
    token_keys_stop(); /* else the file is looked at a moment later */
}

Test(delivery, keys_rotate_without_cutting_anybody_off) {
    SCOPED_WORLD(w);
    struct cat_key first, now, later;
    OK(token_key_current(&w.e, &first, err));
    OK(delivery_keys_rotate(&w.e, err));
    OK(token_key_current(&w.e, &now, err));
    cr_expect_arr_eq(first.kid, now.kid, first.kid_len, "the front may not know the new one yet");
    cr_expect_str_eq(FAILS(ERR_CONFLICT, delivery_keys_rotate(&w.e, err)).reason,
                     "delivery.rotated_lately");
    age(&w, DELIVERY_SETTLE_MS + 1000);
    OK(token_key_current(&w.e, &later, err));
    cr_expect_arr_neq(first.kid, later.kid, first.kid_len);
    age(&w, 2 * DELIVERY_SESSION_MS);
    OK(delivery_keys_rotate(&w.e, err));
    OK(token_key_current(&w.e, &now, err));
    cr_expect_arr_eq(later.kid, now.kid, later.kid_len, "two are kept");
}

Test(delivery, damaged_key_files_say_what_to_do) {
    SCOPED_WORLD(w);
    char path[128];
    struct cat_key key;
    snprintf(path, sizeof path, "%s/" DELIVERY_KEYS_FILE, w.f.dir);
    FILE *f = fopen(path, "w");
    fputs("not a key\n", f);
    fclose(f);
    cr_expect_str_eq(FAILS(ERR_CORRUPT, token_key_current(&w.e, &key, err)).reason,
                     "delivery.keys_malformed");
}

/* Whoever looks for an account's playbacks reads its shelf, and never everybody's (decision 32). */
Test(playback, an_account_s_rows_lie_on_a_shelf) {
    SCOPED_WORLD(w);
    static const int asks[] = {PLAYBACK_OF_ACCOUNT_SESSION, PLAYBACK_OF_ACCOUNT, PLAYBACK_BY_ACCOUNT, PLAYBACK_ERASE};
    for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
        const struct sql *q = &playback_sql[asks[i]];
        struct rows r = world_plan(&w, q);
        cr_assert_eq(r.n, 1, "%s", q->name);
        cr_expect(str_find(row_str(&r, 0, 3), STR("playback_shelf (<expr>=?")) >= 0, "%s: " STR_FMT, q->name, STR_ARG(row_str(&r, 0, 3)));
    }
}

/* ---- other systems ---- */

Test(licence, a_grant_is_of_one_system) {
    SCOPED_WORLD(w);
    struct licensed l = licensed(&w);
    struct grant g, back;
    struct str text;
    json_t *j;
    OK(grant_read(l.grant, 0, &g, err));
    cr_expect_eq(g.system, (unsigned)GRANT_CLEARKEY);
    for (unsigned s = GRANT_DRM; s < GRANT_SYSTEMS; s++) {
        g.system = s;
        OK(grant_write(&g, &w.f.arena, &text, err));
        OK(grant_read(text, 0, &back, err));
        cr_expect_eq(back.system, s);
        cr_expect_str_eq(FAILS(ERR_FORBIDDEN, licence_make(&w.e, text, request_for(&w, l.hd.kid), &j, err)).reason, "licence.other_system",
                         "what was let in for its module gets no key in clear");
    }
    json_decref(l.playback);
}

/* The part between the dots, as JSON. */
static json_t *part_of(struct str token, int n) {
    scoped(buf_done) struct buf b = BUF(16 << 10);
    struct str part = STR_NULL;
    for (int i = 0; i <= n; i++)
        token = str_cut(token, '.', &part);
    cr_assert(buf_unbase64url(&b, part));
    return json_loadb((char *)b.p, b.n, 0, NULL);
}

Test(licence, a_service_is_told_the_keys_that_were_granted) {
    SCOPED_WORLD(w);
    struct licensed l = licensed(&w);
    struct entitled_key keys[ENTITLED_KEYS_MAX];
    struct grant g;
    size_t n;
    scoped(buf_done) struct buf token = BUF(16 << 10), again = BUF(16 << 10), kid = BUF(64);
    OK(grant_read(l.grant, 0, &g, err));
    g.system = GRANT_DRM + DRM_WIDEVINE;
    g.classes = 1u << KEY_SD;
    OK(entitled_keys(&w.e, &g, keys, &n, err));
    cr_assert_eq(n, 1);
    cr_expect_arr_eq(keys[0].kid, l.sd.kid, 16);
    struct str secret = STR("a secret that both of them know, long enough to be hashed by HMAC first");
    OK(entitlement_write(&w.e, &g, keys, n, secret, &token, err));
    OK(entitlement_write(&w.e, &g, keys, n, secret, &again, err));
    cr_expect(!str_eq(buf_str(&token), buf_str(&again)), "each has a name of its own");
    json_t *header = part_of(buf_str(&token), 0), *claims = part_of(buf_str(&token), 1), *one = json_array_get(json_object_get(claims, "keys"), 0);
    cr_expect_str_eq(text(header, "alg"), "HS256");
    cr_expect_str_eq(text(claims, "aud"), "widevine");
    cr_expect_str_eq(text(claims, "sub"), g.playback.v.s);
    cr_expect(json_is_false(json_object_get(claims, "persistent")));
    cr_expect_eq(json_integer_value(json_object_get(claims, "until")), g.until_ms / 1000);
    buf_hex(&kid, l.sd.kid, 16);
    cr_expect_str_eq(text(one, "kid"), buf_cstr(&kid));
    cr_expect_str_eq(text(one, "hdcp"), "none");
    json_decref(header);
    json_decref(claims);
    g.classes = 1u << KEY_UHD;
    cr_expect_str_eq(FAILS(ERR_FORBIDDEN, entitled_keys(&w.e, &g, keys, &n, err)).reason, "licence.key_not_granted");
    json_decref(l.playback);
}
