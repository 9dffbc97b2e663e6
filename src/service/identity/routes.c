/* routes.c - sign-up, sign-in, who am I, sign-out; what identity holds about a person; its table.
 */
#include "service/identity/factor.h"
#include "service/identity/ways.h"
#include "engine/audit/audit.h"
#include "service/json.h"
#include <sodium.h>

json_t *roles_json(unsigned roles) {
    json_t *list = json_array();
    if (roles & ROLE_VIEWER)
        json_array_append_new(list, json_string("viewer"));
    if (roles & ROLE_EDITOR)
        json_array_append_new(list, json_string("editor"));
    if (roles & ROLE_OPERATOR)
        json_array_append_new(list, json_string("operator"));
    return list;
}

static int session_json(const struct engine *e, const struct session *s, struct arena *a, json_t **ret,
                        struct err *reterr) {
    struct account account;
    struct profile profile;
    int rc = account_get(e, s->account, a, &account, reterr);
    if (rc == 0)
        rc = profile_get(e, s->account, s->profile, a, &profile, reterr);
    if (rc)
        return rc;
    *ret = json_pack("{s:{s:o, s:o, s:o, s:b}, s:o, s:o}", "account", "id", json_of_id(account.id.v), "email",
                     json_of_str(account.email), "roles", roles_json(account.roles), "email_verified",
                     account.verified_ms != 0, "profile", profile_json(&profile), "expires_at",
                     json_of_time(s->expires_ms));
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for a reply");
}

/* Signs in: a new token each time, and the one the browser came with ends (session fixation). */
static int session_replace(struct request *rq, struct account_id account, int status, bool proved, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    const struct principal *who = request_principal(rq);
    struct session_token token;
    struct session s;
    int rc = 0;
    if (id_is_set(who->session.v))
        rc = session_revoke(e, who->session, reterr);
    if (rc == 0)
        rc = session_create(e, account, &token, &s, reterr);
    if (rc == 0 && proved)
        rc = session_prove(e, s.id, reterr);
    if (rc == 0)
        rc = reply_session_begun(rq, &token, &s, status, reterr);
    sodium_memzero(&token, sizeof token);
    return rc;
}

int reply_session_begun(struct request *rq, const struct session_token *token, const struct session *s, int status,
                        struct err *reterr) {
    json_t *body = NULL;
    int rc = sign_in_granted(rq, s, reterr);
    if (rc == 0)
        rc = session_json(request_engine(rq), s, request_arena(rq), &body, reterr);
    if (rc)
        return rc;
    reply_cookie(rq, SESSION_COOKIE, token->s, (s->expires_ms - request_now_ms(rq)) / 1000);
    rc = s->paired ? 0 : browser_note(rq, s->account, reterr); /* of what was paired, pairing tells */
    if (rc == 0)
        return reply_json(rq, status, body);
    json_decref(body);
    return rc;
}

int reply_session(struct request *rq, struct account_id account, int status, struct err *reterr) {
    return session_replace(rq, account, status, false, reterr);
}

int reply_session_proved(struct request *rq, struct account_id account, int status, struct err *reterr) {
    return session_replace(rq, account, status, true, reterr);
}

static int account_post(struct request *rq, struct err *reterr) {
    const json_t *body = request_json(rq);
    struct account_id id;
    struct account_new n = {.email = json_get_str(body, "email"),
                            .password = json_get_str(body, "password"),
                            .name = json_get_str(body, "name"),
                            .lang = json_get_str(body, "lang")};
    struct err why = {0};
    int rc = account_sign_up(request_engine(rq), &n, request_address(rq), &id, &why);
    if (rc == 0 && sign_up_by_letter(request_engine(rq)))
        return reply_empty(rq); /* the same for everybody; the letter knows */
    if (rc == 0)
        return reply_session_proved(rq, id, 201, reterr);
    if (strcmp(why.reason, "account.password_weak") == 0)
        request_field_error(rq, "password", why.hint);
    else if (strcmp(why.reason, "account.email_invalid") == 0 ||
             strcmp(why.reason, "account.email_taken") == 0)
        request_field_error(rq, "email", why.hint);
    *reterr = why;
    return rc;
}

static int session_post(struct request *rq, struct err *reterr) {
    const json_t *body = request_json(rq);
    struct account_id id;
    int rc = session_sign_in(request_engine(rq), json_get_str(body, "email"),
                             json_get_str(body, "password"), request_address(rq), &id, reterr);
    if (rc == 0)
        rc = factor_gate(rq, id, reterr);
    return rc ? rc : reply_session_proved(rq, id, 200, reterr);
}

int reply_session_now(struct request *rq, struct err *reterr) {
    return reply_session_of(rq, session_token_sent(rq), reterr);
}

int reply_session_of(struct request *rq, struct str token, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct str cookie = request_cookie(rq, SESSION_COOKIE);
    struct session s;
    unsigned roles;
    json_t *body = NULL;
    /* Every page asks this first: that nobody has signed in yet is an answer, not a refusal. */
    if (token.n == 0)
        return reply_empty(rq);
    int rc = session_find(e, token, &s, &roles, reterr);
    if (rc == 0)
        rc = session_json(e, &s, request_arena(rq), &body, reterr);
    if (rc)
        return rc;
    /* The cookie slides with the session. */
    if (cookie.n)
        reply_cookie(rq, SESSION_COOKIE, str_cstr(request_arena(rq), token),
                 (s.expires_ms - request_now_ms(rq)) / 1000);
    return reply_json(rq, 200, body);
}

static int session_check_get(struct request *rq, struct err *reterr) {
    return reply_empty(rq);
}

static int session_delete(struct request *rq, struct err *reterr) {
    const struct principal *who = request_principal(rq);
    int rc =
        id_is_set(who->session.v) ? session_revoke(request_engine(rq), who->session, reterr) : 0;
    if (rc)
        return rc;
    reply_cookie(rq, SESSION_COOKIE, "", 0);
    return reply_empty(rq);
}

static const struct field account_new_fields[] = {
    {"email", F_EMAIL, FIELD_REQUIRED, 3, EMAIL_MAX, .doc = "Normalised: trimmed, lower case"},
    {"password", F_SECRET, FIELD_REQUIRED, 1, 1000,
     .doc = "At least password-min characters (8), 128 at most, not a common one"},
    {"name", F_STR, 0, 1, PROFILE_NAME_MAX, .doc = "Of the profile"},
    {"lang", F_LANG, 0, .doc = "Language of the screens and of titles"},
    {.type = F_END}};
static const struct field credentials_fields[] = {{"email", F_STR, FIELD_REQUIRED, 1, 1000},
                                                  {"password", F_SECRET, FIELD_REQUIRED, 1, 1000},
                                                  {.type = F_END}};
static const struct field account_fields[] = {
    {"id", F_ID, FIELD_REQUIRED},
    {"email", F_EMAIL, FIELD_REQUIRED},
    {"roles", F_STR, FIELD_REQUIRED | FIELD_ARRAY, 0, 3, .values = "viewer|editor|operator"},
    {"email_verified", F_BOOL, FIELD_REQUIRED, .doc = "A letter's link proved the address"},
    {.type = F_END}};
static const struct field profile_fields[] = {
    {"id", F_ID, FIELD_REQUIRED},
    {"name", F_STR, FIELD_REQUIRED},
    {"lang", F_LANG, FIELD_REQUIRED},
    {"avatar", F_STR, FIELD_REQUIRED, .values = AVATARS},
    {"kids", F_BOOL, FIELD_REQUIRED, .doc = "Leaving it takes a PIN or the password"},
    {"maturity", F_INT, FIELD_REQUIRED, 0, MATURITY_ALL, .doc = "Years: titles for this age and younger; 18: all"},
    {"has_pin", F_BOOL, FIELD_REQUIRED},
    {"autoplay_next", F_BOOL, FIELD_REQUIRED},
    {"autoplay_previews", F_BOOL, FIELD_REQUIRED},
    {.type = F_END}};
/* What a person sets; a new profile needs the name. */
#define PROFILE_SETTINGS(name_flags)                                                                \
    {"name", F_STR, name_flags, 1, PROFILE_NAME_MAX}, {"lang", F_LANG, 0},                          \
        {"avatar", F_STR, 0, .values = AVATARS}, {"kids", F_BOOL, 0},                               \
        {"maturity", F_INT, 0, 0, MATURITY_ALL, .doc = "At most 12 for kids"},                      \
        {"autoplay_next", F_BOOL, 0}, {"autoplay_previews", F_BOOL, 0}
static const struct field profile_new_fields[] = {PROFILE_SETTINGS(FIELD_REQUIRED), {.type = F_END}};
static const struct field profile_edit_fields[] = {
    PROFILE_SETTINGS(0),
    {"password", F_SECRET, 0, 1, 1000, .doc = "The account's; to raise the age or lift kids"},
    {.type = F_END}};
static const struct field profile_pin_fields[] = {
    {"pin", F_SECRET, FIELD_NULLABLE, PIN_LEN, PIN_LEN, .doc = "Four digits; null takes it away"},
    {"password", F_SECRET, 0, 1, 1000, .doc = "The account's; absent where it has none, then within ten minutes of a proof"},
    {.type = F_END}};
static const struct field profile_choice_fields[] = {
    {"profile", F_ID, FIELD_REQUIRED},
    {"pin", F_SECRET, 0, PIN_LEN, PIN_LEN, .doc = "Where the profile has one"},
    {"password", F_SECRET, 0, 1, 1000, .doc = "The account's; out of a kids profile into one without a PIN"},
    {"credential", F_OBJ, 0, .ref = "PasskeyUsed", .doc = "Instead of the password: a passkey of the account, just used"},
    {.type = F_END}};
static const struct field profiles_fields[] = {
    {"profiles", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 1, PROFILES_MAX, .ref = "Profile"}, {.type = F_END}};
static const struct field code_fields[] = {
    {"code", F_SECRET, FIELD_REQUIRED, 1, 100, .doc = "From the letter's link"}, {.type = F_END}};
static const struct field reset_fields[] = {
    {"email", F_EMAIL, FIELD_REQUIRED, 3, EMAIL_MAX}, {"lang", F_LANG, 0, .doc = "Of the letter"}, {.type = F_END}};
static const struct field reset_confirm_fields[] = {
    {"code", F_SECRET, FIELD_REQUIRED, 1, 100, .doc = "From the letter's link"},
    {"password", F_SECRET, FIELD_REQUIRED, 1, 1000, .doc = "The new one"},
    {.type = F_END}};
static const struct field password_change_fields[] = {
    {"current", F_SECRET, 0, 1, 1000, .doc = "Where the account has one"}, {"password", F_SECRET, FIELD_REQUIRED, 1, 1000}, {.type = F_END}};
static const struct field email_change_fields[] = {
    {"email", F_EMAIL, FIELD_REQUIRED, 3, EMAIL_MAX},
    {"password", F_SECRET, 0, 1, 1000, .doc = "Where the account has one"},
    {.type = F_END}};
static const struct field session_item_fields[] = {
    {"id", F_ID, FIELD_REQUIRED},
    {"created_at", F_TIME, FIELD_REQUIRED},
    {"last_seen_at", F_TIME, FIELD_REQUIRED, .doc = "To the hour"},
    {"expires_at", F_TIME, FIELD_REQUIRED},
    {"device_kind", F_STR, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "Null until something was played there"},
    {"device_name", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
    {"profile_name", F_STR, FIELD_REQUIRED},
    {"paired", F_BOOL, FIELD_REQUIRED, .doc = "Signed in by a code, as televisions are"},
    {"current", F_BOOL, FIELD_REQUIRED, .doc = "The one that asks"},
    {.type = F_END}};
static const struct field sessions_fields[] = {
    {"sessions", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 0, 10000, .ref = "SessionItem"}, {.type = F_END}};
static const struct field device_fields[] = {
    {"id", F_ID, FIELD_REQUIRED},
    {"kind", F_STR, FIELD_REQUIRED, .values = "web|tv|phone|other"},
    {"name", F_STR, FIELD_REQUIRED, 0, 100},
    {"created_at", F_TIME, FIELD_REQUIRED},
    {"last_seen_at", F_TIME, FIELD_REQUIRED},
    {"counts", F_BOOL, FIELD_REQUIRED, .doc = "Played in the last 90 days: one of the plan's devices"},
    {"current", F_BOOL, FIELD_REQUIRED},
    {.type = F_END}};
static const struct field devices_fields[] = {
    {"devices", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 0, 10000, .ref = "Device"}, {.type = F_END}};
static const struct field session_fields[] = {{"account", F_OBJ, FIELD_REQUIRED, .ref = "Account"},
                                              {"profile", F_OBJ, FIELD_REQUIRED, .ref = "Profile"},
                                              {"expires_at", F_TIME, FIELD_REQUIRED},
                                              {.type = F_END}};

const struct schema identity_schemas[] = {
    {"AccountNew", account_new_fields, "A sign-up"},
    {"Credentials", credentials_fields, "A sign-in"},
    {"Account", account_fields, "Who pays; has profiles and devices"},
    {"Profile", profile_fields, "Who watches"},
    {"Session", session_fields, "Who is signed in here"},
    {"ProfileNew", profile_new_fields, "A profile to add"},
    {"ProfileEdit", profile_edit_fields, "What of a profile is to change"},
    {"ProfilePin", profile_pin_fields, "A profile's PIN"},
    {"ProfileChoice", profile_choice_fields, "Who watches from now on"},
    {"Profiles", profiles_fields, "The account's profiles, oldest first"},
    {"LetterCode", code_fields, "What a letter's link proves"},
    {"PasswordReset", reset_fields, "Who forgot the password"},
    {"PasswordResetConfirm", reset_confirm_fields, "A new password, by letter"},
    {"PasswordChange", password_change_fields, "A new password"},
    {"EmailChange", email_change_fields, "A new address"},
    {"SessionItem", session_item_fields, "One place where the account is signed in"},
    {"Sessions", sessions_fields, "Where the account is signed in, latest first"},
    {"Device", device_fields, "Something that played"},
    {"Devices", devices_fields, "The account's devices"},
    PAIRING_SCHEMAS,
    {NULL}};

const struct route identity_routes[] = {
    {POST, "/api/v1/accounts", account_post, ROLE_NONE, .per_minute = 60, .body_max = 4096,
     .priority = PRIO_SIGN_IN, .pool = POOL_PASSWORD, .body = "AccountNew", .reply = "Session",
     .doc = "Sign up: makes an account with one profile and signs in; 204 where a letter comes first (sign-up-by-letter)"},
    {POST, "/api/v1/session", session_post, ROLE_NONE, .per_minute = 120, .body_max = 4096,
     .priority = PRIO_SIGN_IN, .pool = POOL_PASSWORD, .body = "Credentials", .reply = "Session",
     .status = 200, .doc = "Sign in; sets the session cookie"},
    {GET, "/api/v1/session", reply_session_now, ROLE_NONE, .priority = PRIO_SIGN_IN, .reply = "Session",
     .doc = "Who is signed in; 204 where no session was sent, 401 when it has ended"},
    {GET, "/api/v1/session/check", session_check_get, ROLE_VIEWER, .priority = PRIO_SIGN_IN, .status = 204,
     .op = "checkSession",
     .doc = "204 where somebody is signed in, 401 where nobody is, and nothing else: for a gateway's auth_request"},
    {DELETE, "/api/v1/session", session_delete, ROLE_NONE, .priority = PRIO_SIGN_IN,
     .doc = "Sign out"},
    {PUT, "/api/v1/session/profile", session_profile_put, ROLE_VIEWER, .priority = PRIO_SIGN_IN, .per_minute = 60,
     .pool = POOL_PASSWORD, .body_max = 32 << 10, .body = "ProfileChoice", .reply = "Session", .op = "chooseProfile",
     .doc = "Watch as another profile of the account"},
    {GET, "/api/v1/sessions", sessions_get, ROLE_VIEWER, .priority = PRIO_REST, .flags = ROUTE_ADULT, .reply = "Sessions",
     .doc = "Where the account is signed in"},
    {DELETE, "/api/v1/sessions", sessions_delete, ROLE_VIEWER, .priority = PRIO_REST, .flags = ROUTE_ADULT | ROUTE_OWNER | ROUTE_AUDIT, .op = "signOutElsewhere",
     .doc = "Sign out everywhere else"},
    {DELETE, "/api/v1/sessions/{id:id}", session_id_delete, ROLE_VIEWER, .priority = PRIO_REST, .flags = ROUTE_ADULT | ROUTE_AUDIT,
     .op = "signOutDevice", .doc = "Sign one of them out"},
    {GET, "/api/v1/devices", devices_get, ROLE_VIEWER, .priority = PRIO_REST, .flags = ROUTE_ADULT, .reply = "Devices",
     .doc = "What the account has played on"},
    {DELETE, "/api/v1/devices/{id:id}", device_delete, ROLE_VIEWER, .priority = PRIO_REST, .flags = ROUTE_ADULT | ROUTE_AUDIT,
     .doc = "Forget a device and sign it out"},
    PAIRING_ROUTES,
    {GET, "/api/v1/profiles", profiles_get, ROLE_VIEWER, .priority = PRIO_BROWSE, .reply = "Profiles", .doc = "Who watches in this account"},
    {POST, "/api/v1/profiles", profiles_post, ROLE_VIEWER, .priority = PRIO_REST, .per_minute = 30, .flags = ROUTE_ADULT,
     .body = "ProfileNew", .reply = "Profile", .doc = "Add a profile, six at most"},
    {PATCH, "/api/v1/profiles/{id:id}", profile_patch, ROLE_VIEWER, .priority = PRIO_REST, .per_minute = 60, .flags = ROUTE_ADULT,
     .pool = POOL_PASSWORD, .body = "ProfileEdit", .reply = "Profile", .doc = "Change a profile"},
    {PUT, "/api/v1/profiles/{id:id}/pin", profile_pin_put, ROLE_VIEWER, .priority = PRIO_REST, .per_minute = 30, .flags = ROUTE_ADULT | ROUTE_AUDIT,
     .pool = POOL_PASSWORD, .body = "ProfilePin", .reply = "Profile", .doc = "Set or take away a profile's PIN"},
    {DELETE, "/api/v1/profiles/{id:id}", profile_delete, ROLE_VIEWER, .priority = PRIO_REST, .flags = ROUTE_ADULT,
     .doc = "Delete a profile and what it has watched"},
    {POST, "/api/v1/account/verification", verification_post, ROLE_NONE, .flags = ROUTE_AUDIT, .priority = PRIO_REST, .per_minute = 30, .body_max = 4096,
     .body = "LetterCode", .status = 204, .op = "verifyEmail", .doc = "Prove the account's address by the letter's code"},
    {POST, "/api/v1/account/verification-letter", verification_mail_post, ROLE_VIEWER, .priority = PRIO_REST, .per_minute = 10,
     .status = 204, .op = "sendVerification", .doc = "Send that letter again"},
    {POST, "/api/v1/account/password", password_post, ROLE_VIEWER, .priority = PRIO_REST, .per_minute = 10, .body_max = 4096,
     .pool = POOL_PASSWORD, .flags = ROUTE_ADULT | ROUTE_OWNER | ROUTE_AUDIT, .body = "PasswordChange", .reply = "Session", .status = 200,
     .op = "changePassword", .doc = "Change the password; signs every other device out"},
    {POST, "/api/v1/account/email", email_post, ROLE_VIEWER, .priority = PRIO_REST, .per_minute = 10, .body_max = 4096,
     .pool = POOL_PASSWORD, .flags = ROUTE_ADULT | ROUTE_OWNER | ROUTE_AUDIT, .body = "EmailChange", .status = 204, .op = "changeEmail",
     .doc = "Ask for another address: a letter goes there"},
    {POST, "/api/v1/account/email/confirm", email_confirm_post, ROLE_NONE, .flags = ROUTE_AUDIT, .priority = PRIO_REST, .per_minute = 30, .body_max = 4096,
     .body = "LetterCode", .status = 204, .op = "confirmEmail", .doc = "Take the new address by the letter's code"},
    {POST, "/api/v1/password-resets", reset_post, ROLE_NONE, .per_minute = 10, .body_max = 4096,
     .priority = PRIO_SIGN_IN, .body = "PasswordReset", .status = 204, .op = "requestPasswordReset",
     .doc = "Forgot the password: a letter goes out if there is such an account; the answer is the same if not"},
    {POST, "/api/v1/password-resets/confirm", reset_confirm_post, ROLE_NONE, .per_minute = 30, .body_max = 4096,
     .flags = ROUTE_AUDIT, .priority = PRIO_SIGN_IN, .pool = POOL_PASSWORD, .body = "PasswordResetConfirm", .status = 204,
     .op = "confirmPasswordReset", .doc = "A new password by the letter's code; signs every device out"},
    {.path = NULL}};

static void rows_json(json_t *into, const char *name, const struct rows *r,
                      const char *const *keys) {
    json_t *list = json_array();
    for (size_t i = 0; i < r->n; i++) {
        json_t *o = json_object();
        for (size_t c = 0; c < r->cols && keys[c]; c++)
            json_object_set_new(o, keys[c],
                                str_ends(str_of(keys[c]), STR("_at"))
                                    ? json_of_time(row_i64(r, i, c))
                                    : json_of_str(row_str(r, i, c)));
        json_array_append_new(list, o);
    }
    json_object_set_new(into, name, list);
}

/* Everything but secrets: no password hash and no token hash leaves. */
int identity_export(const struct engine *e, struct account_id id, json_t **ret,
                    struct err *reterr) {
    static const char *const session_keys[] = {"id", "created_at", "last_seen_at", "expires_at",
                                               NULL};
    static const char *const device_keys[] = {"id",         "kind",         "name",
                                              "created_at", "last_seen_at", NULL};
    scoped(arena_done) struct arena a = ARENA(4 << 20);
    struct account account;
    struct profile *profiles;
    size_t n_profiles;
    static const char *const record_keys[] = {"id", "done_at", "account_id", "session_id", "address", "role",
                                              "action", "target", NULL};
    struct rows sessions, devices, record;
    int rc = account_get(e, id, &a, &account, reterr);
    if (rc == 0)
        rc = profile_list(e, id, &a, &profiles, &n_profiles, reterr);
    if (rc == 0)
        rc = store_query(e->store, &identity_sql[SESSION_BY_ACCOUNT], ARGS(A_ID(id)), &a, &sessions,
                         reterr);
    if (rc >= 0)
        rc = store_query(e->store, &identity_sql[DEVICE_BY_ACCOUNT], ARGS(A_ID(id)), &a, &devices,
                         reterr);
    if (rc >= 0)
        rc = audit_export(e->store, id, &a, &record, reterr);
    if (rc < 0)
        return rc;
    json_t *list = json_array();
    for (size_t i = 0; i < n_profiles; i++)
        json_array_append_new(list, profile_json(&profiles[i]));
    json_t *o = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "id", json_of_id(id.v), "email",
                          json_of_str(account.email), "email_verified_at", json_of_time(account.verified_ms), "roles",
                          roles_json(account.roles), "created_at", json_of_time(account.created_ms), "profiles", list);
    if (!o)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for an export");
    rows_json(o, "sessions", &sessions, session_keys);
    rows_json(o, "devices", &devices, device_keys);
    rows_json(o, "record", &record, record_keys);
    rc = pairing_export(e, id, o, reterr);
    if (rc == 0)
        rc = browser_export(e, id, o, reterr);
    if (rc)
        json_decref(o);
    else
        *ret = o;
    return rc;
}

static int purge(const struct engine *e, struct err *reterr) {
    int64_t now = clock_now_ms(e->clock);
    int rc = store_exec(e->store, &identity_sql[SESSION_PURGE], ARGS(A_I64(now)), reterr);
    if (rc >= 0)
        rc = store_exec(e->store, &identity_sql[CODE_PURGE], ARGS(A_I64(now)), reterr);
    if (rc >= 0)
        rc = browser_purge(e, reterr);
    return rc < 0 ? rc : pairing_purge(e, reterr);
}

static const struct cron_row identity_cron[] = {
    {"identity.resets", 1000, account_resolve_resets, "Writes to who forgot the password, if there is such an account"},
    {"identity.notes", 1000, sign_in_notes_record, "Puts refused sign-ins at staff's accounts into the record"},
    {"identity.purge", 3600 * 1000, purge, "Forgets sessions and codes that ended, and browsers that nobody signed in with for 400 days"},
    {NULL}};

static int identity_start(const struct engine *e, struct err *reterr) {
    if (e->config)
        password_memory_set((int)config_int(e->config, "password-memory"));
    return MIN(password_is_refused(e, STR("a list that can be read"), reterr), 0);
}

const struct service identity_service = {
    .name = "identity",
    .start = identity_start,
    .routes = identity_routes,
    .schemas = identity_schemas,
    .sql = identity_sql,
    .config = identity_config,
    .metrics = identity_metrics,
    .cron = identity_cron,
    .export = identity_export,
    .erase = account_delete,
};
