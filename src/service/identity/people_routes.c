/* people_routes.c - what an account sees of itself: where it is signed in, its profiles. */
#include "service/identity/passkey.h"
#include "service/identity/ways.h"
#include "service/json.h"
#include <sodium.h>

json_t *session_items_json(const struct rows *r, struct session_id current) {
    json_t *list = json_array();
    for (size_t i = 0; i < r->n; i++) {
        struct id id = row_id(r, i, 0);
        json_array_append_new(
            list, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b}", "id", json_of_id(id), "created_at",
                            json_of_time(row_i64(r, i, 1)), "last_seen_at", json_of_time(row_i64(r, i, 2)),
                            "expires_at", json_of_time(row_i64(r, i, 3)), "device_kind",
                            json_of_text(row_str(r, i, 5)), "device_name", json_of_text(row_str(r, i, 6)),
                            "profile_name", json_of_str(row_str(r, i, 7)), "paired", row_i64(r, i, 8) != 0, "current",
                            str_eq(id_str(&id), id_str(&current.v))));
    }
    return list;
}

int sessions_get(struct request *rq, struct err *reterr) {
    const struct principal *who = request_principal(rq);
    struct rows r;
    int rc = store_query(request_engine(rq)->store, &identity_sql[SESSION_LIST],
                         ARGS(A_ID(who->account), A_I64(request_now_ms(rq))), request_arena(rq), &r, reterr);
    return rc < 0 ? rc : reply_json(rq, 200, json_pack("{s:o}", "sessions", session_items_json(&r, who->session)));
}

int sessions_delete(struct request *rq, struct err *reterr) {
    const struct principal *who = request_principal(rq);
    int rc = sessions_end_now(request_engine(rq), SESSION_DELETE_OTHERS,
                              ARGS(A_ID(who->account), A_ID(who->session)), reterr);
    return rc < 0 ? rc : reply_empty(rq);
}

static bool param_id(struct request *rq, struct id *ret) {
    return id_parse(request_param(rq, "id"), ret);
}

int session_id_delete(struct request *rq, struct err *reterr) {
    const struct principal *who = request_principal(rq);
    struct session_id id;
    if (!param_id(rq, &id.v))
        return err_set(reterr, ERR_NOT_FOUND, "no such session");
    int rc = sessions_end_now(request_engine(rq), SESSION_DELETE_OWN,
                              ARGS(A_ID(id), A_ID(who->account)), reterr);
    if (rc == 0)
        return err_refuse(reterr, ERR_NOT_FOUND, "session.not_found", "That device is signed out already.",
                          "no such session of the account");
    return rc < 0 ? rc : reply_empty(rq);
}

json_t *profile_json(const struct profile *p) {
    return json_pack("{s:o, s:o, s:o, s:o, s:b, s:i, s:b, s:b, s:b}", "id", json_of_id(p->id.v), "name",
                     json_of_str(p->name), "lang", json_of_str(p->lang), "avatar", json_of_str(p->avatar), "kids",
                     p->kids, "maturity", p->maturity, "has_pin", p->has_pin, "autoplay_next", p->autoplay_next,
                     "autoplay_previews", p->autoplay_previews);
}

int profiles_get(struct request *rq, struct err *reterr) {
    struct profile *list;
    size_t n;
    int rc = profile_list(request_engine(rq), request_principal(rq)->account, request_arena(rq), &list, &n, reterr);
    if (rc)
        return rc;
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(array, profile_json(&list[i]));
    return reply_json(rq, 200, json_pack("{s:o}", "profiles", array));
}

static void bool_take(const json_t *body, const char *name, bool *value) {
    const json_t *v = json_object_get(body, name);
    if (json_is_boolean(v))
        *value = json_is_true(v);
}

static void str_take(const json_t *body, const char *name, struct str *value) {
    struct str s = json_get_str(body, name);
    if (s.p)
        *value = s;
}

static int profile_take(struct request *rq, struct profile *p, struct err *reterr) {
    const json_t *body = request_json(rq);
    str_take(body, "name", &p->name);
    str_take(body, "lang", &p->lang);
    str_take(body, "avatar", &p->avatar);
    bool_take(body, "kids", &p->kids);
    bool_take(body, "autoplay_next", &p->autoplay_next);
    bool_take(body, "autoplay_previews", &p->autoplay_previews);
    p->maturity = (int)json_get_int(body, "maturity", p->maturity);
    p->name = str_trim(p->name);
    if (p->name.n)
        return 0;
    request_field_error(rq, "name", "Give the profile a name.");
    return err_refuse(reterr, ERR_INVALID, "profile.name_empty", "Give the profile a name.", "an empty name");
}

static int profile_reply(struct request *rq, int status, struct profile_id id, struct err *reterr) {
    struct profile p;
    int rc = profile_get(request_engine(rq), request_principal(rq)->account, id, request_arena(rq), &p, reterr);
    return rc ? rc : reply_json(rq, status, profile_json(&p));
}

int profiles_post(struct request *rq, struct err *reterr) {
    struct profile p = {.account = request_principal(rq)->account, .lang = STR("en"), .avatar = STR("amber"),
                        .maturity = MATURITY_ALL, .autoplay_next = true, .autoplay_previews = true};
    int rc = profile_take(rq, &p, reterr);
    if (rc == 0)
        rc = profile_add(request_engine(rq), &p, reterr);
    return rc ? rc : profile_reply(rq, 201, p.id, reterr);
}

/* To see more than before takes the account's password, or, without one, a fresh proof. */
static int password_wanted(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    const struct principal *who = request_principal(rq);
    struct str password = json_get_str(request_json(rq), "password");
    struct ways w;
    int rc = ways_get(e, who->account, &w, reterr);
    if (rc == 0 && w.password && !password.p)
        return err_refuse(reterr, ERR_FORBIDDEN, "profile.password_wanted",
                          "Type the account's password to lift a profile's limits.", "no password");
    return rc ? rc : account_check_owner(e, who, password, reterr);
}

int profile_patch(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct profile_id id;
    struct profile p = {0};
    if (!param_id(rq, &id.v))
        return err_set(reterr, ERR_NOT_FOUND, "no such profile");
    struct account_id account = request_principal(rq)->account;
    int rc = profile_get(e, account, id, request_arena(rq), &p, reterr);
    struct profile before = p;
    if (rc == 0)
        rc = profile_take(rq, &p, reterr);
    if (rc == 0 && (p.maturity > before.maturity || (before.kids && !p.kids)))
        rc = password_wanted(rq, reterr);
    if (rc == 0)
        rc = profile_update(e, &p, reterr);
    return rc ? rc : profile_reply(rq, 200, id, reterr);
}

/* The account's password (or, without one, a fresh proof) is asked for: else whoever holds the remote sets a PIN that locks others out. */
int profile_pin_put(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct account_id account = request_principal(rq)->account;
    const json_t *body = request_json(rq);
    struct profile_id id;
    if (!param_id(rq, &id.v))
        return err_set(reterr, ERR_NOT_FOUND, "no such profile");
    int rc = account_check_owner(e, request_principal(rq), json_get_str(body, "password"), reterr);
    if (rc == 0)
        rc = profile_set_pin(e, account, id, json_get_str(body, "pin"), reterr);
    return rc ? rc : profile_reply(rq, 200, id, reterr);
}

int profile_delete(struct request *rq, struct err *reterr) {
    const struct principal *who = request_principal(rq);
    struct profile_id id;
    if (!param_id(rq, &id.v))
        return err_set(reterr, ERR_NOT_FOUND, "no such profile");
    if (str_eq(id_str(&id.v), id_str(&who->profile.v)))
        return err_refuse(reterr, ERR_CONFLICT, "profile.in_use",
                          "You are using this profile. Choose another one first.", "the session's own profile");
    int rc = profile_drop(request_engine(rq), who->account, id, reterr);
    return rc ? rc : reply_empty(rq);
}

int session_profile_put(struct request *rq, struct err *reterr) {
    const json_t *body = request_json(rq);
    struct profile_id id;
    if (!id_parse(json_get_str(body, "profile"), &id.v))
        return err_set(reterr, ERR_NOT_FOUND, "no such profile");
    const struct engine *e = request_engine(rq);
    const struct principal *who = request_principal(rq);
    struct session_token token;
    bool proved = json_is_object(json_object_get(body, "credential"));
    int rc = proved ? passkey_prove(rq, reterr) : 0;
    if (rc == 0)
        rc = session_choose_profile(e, who, id, json_get_str(body, "pin"), json_get_str(body, "password"), proved, reterr);
    if (rc || !who->kids || !request_cookie(rq, SESSION_COOKIE).n)
        return rc ? rc : reply_session_now(rq, reterr);
    /* Out of the kids profile it may do more: a token that a child has seen must not. */
    rc = session_rotate(e, who->session, &token, reterr);
    if (rc == 0)
        rc = reply_session_of(rq, str_of(token.s), reterr);
    sodium_memzero(&token, sizeof token);
    return rc;
}
