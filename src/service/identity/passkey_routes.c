/*
 * passkey_routes.c - passkeys over HTTP. Options and answers are the JSON that WebAuthn level 3 defines (sections 5.1.8 and
 * 5.1.9), so that what a browser or a phone's own library gives can be sent as it is.
 */
#include "base/buf.h"
#include "service/identity/passkey.h"
#include "service/json.h"

static struct str decoded(const json_t *o, const char *name, struct arena *a) {
    struct str text = json_get_str(o, name);
    scoped(buf_done) struct buf b = BUF(32 << 10);
    if (!text.n || !buf_unbase64url(&b, text) || b.failed)
        return STR("");
    return str_dup(a, buf_str(&b));
}

/* "internal hybrid": what the browser may be told to look for when another one is added. Words we do not know are kept, for
 * the standard says so (section 5.2.1), as long as they are words. */
static struct str transports_text(const json_t *list, struct arena *a) {
    scoped(buf_done) struct buf b = BUF(200);
    for (size_t i = 0; i < json_array_size(list) && i < 8; i++) {
        const char *word = json_string_value(json_array_get(list, i));
        size_t n = word ? strspn(word, "abcdefghijklmnopqrstuvwxyz-") : 0;
        if (n == 0 || word[n] || n > 20)
            continue;
        if (b.n)
            buf_byte(&b, ' ');
        buf_addc(&b, word);
    }
    return b.failed || b.n == 0 ? STR("") : str_dup(a, buf_str(&b));
}

static struct passkey_answer answer_read(struct request *rq) {
    struct arena *a = request_arena(rq);
    const json_t *body = request_json(rq), *credential = json_object_get(body, "credential");
    const json_t *r = json_object_get(credential, "response");
    return (struct passkey_answer){.client_json = decoded(r, "clientDataJSON", a),
                                   .attestation = decoded(r, "attestationObject", a),
                                   .credential_id = decoded(credential, "id", a),
                                   .auth_data = decoded(r, "authenticatorData", a),
                                   .signature = decoded(r, "signature", a),
                                   .user_handle = decoded(r, "userHandle", a),
                                   .transports = transports_text(json_object_get(r, "transports"), a),
                                   .name = json_get_str(body, "name")};
}

static json_t *known_json(const struct passkey *list, size_t n) {
    json_t *known = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *ways = json_array();
        for (struct str rest = list[i].transports, word; rest.n;) {
            rest = str_cut(rest, ' ', &word);
            json_array_append_new(ways, json_of_str(word));
        }
        json_array_append_new(known, json_pack("{s:s, s:o, s:o}", "type", "public-key", "id",
                                               json_of_str(list[i].credential_id), "transports", ways));
    }
    return known;
}

static struct str handle_of(struct account_id id, struct arena *a) {
    scoped(buf_done) struct buf b = BUF(80);
    buf_base64url(&b, id.v.s, ID_LEN);
    return str_dup(a, buf_str(&b));
}

/* The account's id is the user handle: 26 characters that say nothing of the person (section 14.6.1). */
static int creation_reply(struct request *rq, const struct ceremony_state *s, struct str email, struct str name,
                          const struct passkey *known, size_t n_known, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct arena *a = request_arena(rq);
    struct webauthn_site site;
    struct challenge challenge;
    int rc = passkey_site(e, a, &site, reterr);
    if (rc == 0)
        rc = ceremony_begin(e, s, &challenge, reterr);
    if (rc)
        return rc;
    return reply_json(rq, 200,
        json_pack("{s:{s:o, s:s}, s:{s:o, s:o, s:o}, s:s, s:[{s:s, s:i}, {s:s, s:i}, {s:s, s:i}], s:i, s:o, s:{s:s, s:b, s:s}, s:s}",
                  "rp", "id", json_of_str(site.rp_id), "name", "Matinee",
                  "user", "id", json_of_str(handle_of(s->account, a)), "name", json_of_str(email), "displayName", json_of_str(name),
                  "challenge", challenge.s,
                  "pubKeyCredParams", "type", "public-key", "alg", ALG_ES256, "type", "public-key", "alg", ALG_EDDSA,
                  "type", "public-key", "alg", ALG_RS256,
                  "timeout", CEREMONY_MS, "excludeCredentials", known_json(known, n_known),
                  "authenticatorSelection", "residentKey", "required", "requireResidentKey", 1, "userVerification", "required",
                  "attestation", "none"));
}

static int add_options_post(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    const struct principal *who = request_principal(rq);
    struct arena *a = request_arena(rq);
    struct account account;
    struct profile profile;
    struct passkey *known;
    size_t n;
    int rc = session_check_proof(e, who, json_get_str(request_json(rq), "password"), reterr);
    if (rc == 0)
        rc = account_get(e, who->account, a, &account, reterr);
    if (rc == 0)
        rc = account_profile(e, who->account, a, &profile, reterr);
    if (rc == 0)
        rc = passkey_list(e, who->account, a, &known, &n, reterr);
    if (rc)
        return rc;
    struct ceremony_state s = {.purpose = CEREMONY_ADD, .account = who->account, .session = who->session};
    return creation_reply(rq, &s, account.email, profile.name, known, n, reterr);
}

static int sign_up_options_post(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    const json_t *body = request_json(rq);
    struct arena *a = request_arena(rq);
    struct str email, local, name = str_trim(json_get_str(body, "name"));
    struct account there;
    struct err why = {0};
    if (sign_up_by_letter(e)) /* it would sign in at once, and a refusal would tell (sign_up.c) */
        return err_refuse(reterr, ERR_FORBIDDEN, "account.letter_first",
                          "Sign up with a password here; add a passkey once you have followed the link in our letter.",
                          "sign-up is by letter");
    int rc = attempt_sign_up_check(e, request_address(rq), reterr);
    if (rc)
        return rc;
    rc = email_normalise(json_get_str(body, "email"), a, &email, &why);
    if (rc == 0 && (rc = account_by_email(e, email, a, &there, &why)) == ERR_NOT_FOUND)
        rc = 0; /* an answer before the authenticator has kept what nobody can use */
    else if (rc == 0 && (rc = attempt_sign_up_taken(e, request_address(rq), &why)) == 0)
        rc = err_refuse(&why, ERR_CONFLICT, "account.email_taken",
                        "There is an account with this e-mail address already; sign in instead.", "the e-mail address is taken");
    if (rc) {
        request_field_error(rq, "email", why.hint);
        *reterr = why;
        return rc;
    }
    str_cut(email, '@', &local);
    struct ceremony_state s = {.purpose = CEREMONY_SIGN_UP, .account = {id_new(request_now_ms(rq))}, .email = email,
                               .name = name, .lang = json_get_str(body, "lang")};
    return creation_reply(rq, &s, email, name.n ? name : local, NULL, 0, reterr);
}

static int sign_in_options_post(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct ceremony_state s = {.purpose = CEREMONY_SIGN_IN};
    struct webauthn_site site;
    struct challenge challenge;
    int rc = passkey_site(e, request_arena(rq), &site, reterr);
    if (rc == 0)
        rc = ceremony_begin(e, &s, &challenge, reterr);
    if (rc)
        return rc;
    /* An empty list: whichever the person has for us. It tells nothing of who has an account. */
    return reply_json(rq, 200, json_pack("{s:s, s:i, s:o, s:[], s:s}", "challenge", challenge.s, "timeout", CEREMONY_MS, "rpId",
                                         json_of_str(site.rp_id), "allowCredentials", "userVerification", "required"));
}

static int sign_in_post(struct request *rq, struct err *reterr) {
    struct passkey_answer w = answer_read(rq);
    struct account_id account;
    int rc = passkey_sign_in(request_engine(rq), &w, &account, reterr);
    return rc ? rc : reply_session_proved(rq, account, 200, reterr);
}

int passkey_prove(struct request *rq, struct err *reterr) {
    struct passkey_answer w = answer_read(rq);
    struct account_id account;
    struct err why = {0};
    int rc = passkey_sign_in(request_engine(rq), &w, &account, &why);
    if (rc == ERR_UNAUTHENTICATED) /* who asks is signed in: the page must not think otherwise */
        return err_refuse(reterr, ERR_FORBIDDEN, why.reason, why.hint, "%s", why.msg);
    if (rc < 0) {
        *reterr = why;
        return rc;
    }
    if (str_eq(id_str(&account.v), id_str(&request_principal(rq)->account.v)))
        return 0;
    return err_refuse(reterr, ERR_FORBIDDEN, "passkey.other_account", "This is a passkey of another account. Use one of this account's.",
                      "another account's passkey");
}

static int proof_post(struct request *rq, struct err *reterr) {
    int rc = passkey_prove(rq, reterr);
    if (rc == 0)
        rc = session_prove(request_engine(rq), request_principal(rq)->session, reterr);
    return rc ? rc : reply_empty(rq);
}

static int sign_up_post(struct request *rq, struct err *reterr) {
    struct passkey_answer w = answer_read(rq);
    struct account_id account;
    int rc = passkey_sign_up(request_engine(rq), &w, &account, reterr);
    return rc ? rc : reply_session_proved(rq, account, 201, reterr);
}

static json_t *passkey_json(const struct passkey *p) {
    return json_pack("{s:o, s:o, s:b, s:o, s:o, s:b}", "id", json_of_id(p->id), "name", json_of_str(p->name), "synced",
                     p->backed_up, "created_at", json_of_time(p->created_ms), "last_used_at", json_of_time(p->last_used_ms),
                     "suspect", p->suspect_ms != 0);
}

static int passkey_reply(struct request *rq, int status, struct id id, struct err *reterr) {
    struct passkey *list;
    size_t n;
    int rc = passkey_list(request_engine(rq), request_principal(rq)->account, request_arena(rq), &list, &n, reterr);
    if (rc)
        return rc;
    for (size_t i = 0; i < n; i++)
        if (str_eq(id_str(&list[i].id), id_str(&id)))
            return reply_json(rq, status, passkey_json(&list[i]));
    return err_set(reterr, ERR_NOT_FOUND, "no such passkey");
}

static int passkeys_post(struct request *rq, struct err *reterr) {
    struct passkey_answer w = answer_read(rq);
    struct id id;
    int rc = passkey_add(request_engine(rq), request_principal(rq), &w, &id, reterr);
    return rc ? rc : passkey_reply(rq, 201, id, reterr);
}

static int passkeys_get(struct request *rq, struct err *reterr) {
    struct account_id account = request_principal(rq)->account;
    struct passkey *list;
    struct ways ways;
    size_t n;
    int rc = passkey_list(request_engine(rq), account, request_arena(rq), &list, &n, reterr);
    if (rc == 0)
        rc = ways_get(request_engine(rq), account, &ways, reterr);
    if (rc)
        return rc;
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, passkey_json(&list[i]));
    return reply_json(rq, 200, json_pack("{s:b, s:o}", "password", ways.password, "passkeys", items));
}

static int passkey_patch(struct request *rq, struct err *reterr) {
    struct id id;
    if (!id_parse(request_param(rq, "id"), &id))
        return err_set(reterr, ERR_NOT_FOUND, "no such passkey");
    int rc = passkey_rename(request_engine(rq), request_principal(rq)->account, id, json_get_str(request_json(rq), "name"),
                            reterr);
    return rc ? rc : passkey_reply(rq, 200, id, reterr);
}

static int passkey_delete(struct request *rq, struct err *reterr) {
    struct id id;
    if (!id_parse(request_param(rq, "id"), &id))
        return err_set(reterr, ERR_NOT_FOUND, "no such passkey");
    int rc = passkey_remove(request_engine(rq), request_principal(rq), id, reterr);
    return rc ? rc : reply_empty(rq);
}

static int passkey_export(const struct engine *e, struct account_id account, json_t **ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    struct passkey *list;
    size_t n;
    int rc = passkey_list(e, account, &a, &list, &n, reterr);
    if (rc)
        return rc;
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *o = passkey_json(&list[i]);
        json_object_set_new(o, "credential_id", json_of_str(list[i].credential_id));
        json_object_set_new(o, "authenticator", json_of_str(list[i].aaguid));
        json_array_append_new(items, o);
    }
    *ret = json_pack("{s:o}", "passkeys", items);
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for an export");
}

static int passkey_erase(const struct engine *e, struct account_id account, struct err *reterr) {
    return MIN(store_exec(e->store, &ways_sql[PASSKEY_DELETE_ACCOUNT], ARGS(A_ID(account)), reterr), 0);
}

#define B64(name, max) {name, F_STR, FIELD_REQUIRED, 1, max, .doc = "base64url"}
static const struct field rp_fields[] = {{"id", F_STR, FIELD_REQUIRED}, {"name", F_STR, FIELD_REQUIRED}, {.type = F_END}};
static const struct field user_fields[] = {B64("id", 100), {"name", F_STR, FIELD_REQUIRED}, {"displayName", F_STR, FIELD_REQUIRED},
                                           {.type = F_END}};
static const struct field param_fields[] = {{"type", F_STR, FIELD_REQUIRED, .values = "public-key"},
                                            {"alg", F_INT, FIELD_REQUIRED, -65535, 0, .doc = "COSE algorithm"},
                                            {.type = F_END}};
static const struct field descriptor_fields[] = {{"type", F_STR, FIELD_REQUIRED, .values = "public-key"},
                                                 B64("id", 1400),
                                                 {"transports", F_STR, FIELD_ARRAY, 0, 8},
                                                 {.type = F_END}};
static const struct field selection_fields[] = {{"residentKey", F_STR, FIELD_REQUIRED},
                                                {"requireResidentKey", F_BOOL, FIELD_REQUIRED},
                                                {"userVerification", F_STR, FIELD_REQUIRED},
                                                {.type = F_END}};
static const struct field creation_fields[] = {
    {"rp", F_OBJ, FIELD_REQUIRED, .ref = "PasskeySite"},
    {"user", F_OBJ, FIELD_REQUIRED, .ref = "PasskeyUser"},
    B64("challenge", 100),
    {"pubKeyCredParams", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 1, 10, .ref = "PasskeyParam"},
    {"timeout", F_INT, FIELD_REQUIRED, 0, 3600000, .doc = "Milliseconds"},
    {"excludeCredentials", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 0, 100, .ref = "PasskeyDescriptor"},
    {"authenticatorSelection", F_OBJ, FIELD_REQUIRED, .ref = "PasskeySelection"},
    {"attestation", F_STR, FIELD_REQUIRED},
    {.type = F_END}};
static const struct field request_fields[] = {
    B64("challenge", 100),
    {"timeout", F_INT, FIELD_REQUIRED, 0, 3600000, .doc = "Milliseconds"},
    {"rpId", F_STR, FIELD_REQUIRED},
    {"allowCredentials", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 0, 100, .ref = "PasskeyDescriptor"},
    {"userVerification", F_STR, FIELD_REQUIRED},
    {.type = F_END}};
/* What a browser's toJSON() gives; the members that we do not read may be left out. */
#define CREDENTIAL(response_schema)                                                                 \
    B64("id", 1400), {"rawId", F_STR, 0, 1, 1400}, {"type", F_STR, FIELD_REQUIRED, .values = "public-key"}, \
        {"response", F_OBJ, FIELD_REQUIRED, .ref = response_schema}, {"clientExtensionResults", F_ANY, 0},  \
        {"authenticatorAttachment", F_STR, FIELD_NULLABLE, 0, 50}
static const struct field attestation_fields[] = {
    B64("clientDataJSON", 4000), B64("attestationObject", 16000),
    {"transports", F_STR, FIELD_ARRAY, 0, 20}, {"authenticatorData", F_STR, 0, 0, 8000},
    {"publicKey", F_STR, FIELD_NULLABLE, 0, 4000}, {"publicKeyAlgorithm", F_INT, 0, -65535, 65535},
    {.type = F_END}};
static const struct field assertion_fields[] = {
    B64("clientDataJSON", 4000), B64("authenticatorData", 4000), B64("signature", 2000),
    {"userHandle", F_STR, FIELD_NULLABLE, 0, 200}, {"attestationObject", F_STR, FIELD_NULLABLE, 0, 16000},
    {.type = F_END}};
static const struct field new_credential_fields[] = {CREDENTIAL("PasskeyAttestation"), {.type = F_END}};
static const struct field used_credential_fields[] = {CREDENTIAL("PasskeyAssertion"), {.type = F_END}};
static const struct field passkey_new_fields[] = {{"credential", F_OBJ, FIELD_REQUIRED, .ref = "PasskeyMade"},
                                                  {"name", F_STR, 0, 1, PASSKEY_NAME_MAX},
                                                  {.type = F_END}};
static const struct field passkey_sign_in_fields[] = {{"credential", F_OBJ, FIELD_REQUIRED, .ref = "PasskeyUsed"},
                                                      {.type = F_END}};
static const struct field proof_fields[] = {
    {"password", F_SECRET, 0, 1, 1000, .doc = "Not needed in the ten minutes after signing in"}, {.type = F_END}};
static const struct field sign_up_fields[] = {{"email", F_EMAIL, FIELD_REQUIRED, 3, EMAIL_MAX},
                                              {"name", F_STR, 0, 1, PROFILE_NAME_MAX, .doc = "Of the profile"},
                                              {"lang", F_LANG, 0},
                                              {.type = F_END}};
static const struct field rename_fields[] = {{"name", F_STR, FIELD_REQUIRED, 1, PASSKEY_NAME_MAX}, {.type = F_END}};
static const struct field passkey_fields[] = {
    {"id", F_ID, FIELD_REQUIRED},
    {"name", F_STR, FIELD_REQUIRED},
    {"synced", F_BOOL, FIELD_REQUIRED, .doc = "Kept by a password manager, on all devices of the person"},
    {"created_at", F_TIME, FIELD_REQUIRED},
    {"last_used_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {"suspect", F_BOOL, FIELD_REQUIRED, .doc = "May have been copied: it no longer signs in"},
    {.type = F_END}};
static const struct field passkeys_fields[] = {
    {"password", F_BOOL, FIELD_REQUIRED, .doc = "The account has a password too"},
    {"passkeys", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 0, PASSKEYS_MAX, .ref = "Passkey"},
    {.type = F_END}};

static const struct schema passkey_schemas[] = {
    {"PasskeySite", rp_fields, "Whom a passkey is for"},
    {"PasskeyUser", user_fields, "Whose passkey it will be"},
    {"PasskeyParam", param_fields, "A kind of key that is welcome"},
    {"PasskeyDescriptor", descriptor_fields, "A passkey that there is"},
    {"PasskeySelection", selection_fields, "What an authenticator must do"},
    {"PasskeyCreation", creation_fields, "PublicKeyCredentialCreationOptionsJSON of WebAuthn level 3"},
    {"PasskeyRequest", request_fields, "PublicKeyCredentialRequestOptionsJSON of WebAuthn level 3"},
    {"PasskeyAttestation", attestation_fields, "AuthenticatorAttestationResponseJSON of WebAuthn level 3"},
    {"PasskeyAssertion", assertion_fields, "AuthenticatorAssertionResponseJSON of WebAuthn level 3"},
    {"PasskeyMade", new_credential_fields, "RegistrationResponseJSON of WebAuthn level 3"},
    {"PasskeyUsed", used_credential_fields, "AuthenticationResponseJSON of WebAuthn level 3"},
    {"PasskeyNew", passkey_new_fields, "A passkey that was made"},
    {"PasskeySignIn", passkey_sign_in_fields, "A sign-in with a passkey"},
    {"Proof", proof_fields, "Who asks is the owner, indeed"},
    {"PasskeySignUp", sign_up_fields, "Who wants an account without a password"},
    {"PasskeyName", rename_fields, "What a person calls a passkey"},
    {"Passkey", passkey_fields, "A passkey of the account"},
    {"Passkeys", passkeys_fields, "The account's passkeys, oldest first"},
    {NULL}};

static const struct route passkey_routes[] = {
    {POST, "/api/v1/passkeys/sign-in-options", sign_in_options_post, ROLE_NONE, .per_minute = 240, .body_max = 1024,
     .priority = PRIO_SIGN_IN, .reply = "PasskeyRequest", .status = 200, .op = "passkeySignInOptions",
     .doc = "Begin a sign-in with a passkey, whoever it is"},
    {POST, "/api/v1/passkeys/sign-in", sign_in_post, ROLE_NONE, .per_minute = 120, .body_max = 32 << 10,
     .priority = PRIO_SIGN_IN, .body = "PasskeySignIn", .reply = "Session", .status = 200, .op = "passkeySignIn",
     .doc = "Sign in with a passkey; sets the session cookie"},
    {POST, "/api/v1/session/proof", proof_post, ROLE_VIEWER, .per_minute = 30, .body_max = 32 << 10, .priority = PRIO_REST,
     .flags = ROUTE_ADULT | ROUTE_OWNER, .body = "PasskeySignIn", .status = 204, .op = "sessionProve",
     .doc = "Use a passkey again: for ten minutes it stands for the password that the account does not have"},
    {POST, "/api/v1/passkeys/sign-up-options", sign_up_options_post, ROLE_NONE, .per_minute = 30, .body_max = 4096,
     .priority = PRIO_SIGN_IN, .body = "PasskeySignUp", .reply = "PasskeyCreation", .status = 200, .op = "passkeySignUpOptions",
     .doc = "Begin a sign-up with a passkey instead of a password"},
    {POST, "/api/v1/passkeys/sign-up", sign_up_post, ROLE_NONE, .per_minute = 30, .body_max = 32 << 10,
     .priority = PRIO_SIGN_IN, .body = "PasskeyNew", .reply = "Session", .status = 201, .op = "passkeySignUp",
     .doc = "Sign up with the passkey that was made, and sign in"},
    {POST, "/api/v1/passkeys/options", add_options_post, ROLE_VIEWER, .per_minute = 30, .body_max = 4096,
     .priority = PRIO_REST, .pool = POOL_PASSWORD, .flags = ROUTE_ADULT | ROUTE_OWNER, .body = "Proof", .reply = "PasskeyCreation",
     .status = 200, .op = "passkeyOptions", .doc = "Begin to add a passkey; needs the password or a sign-in of the last ten minutes"},
    {POST, "/api/v1/passkeys", passkeys_post, ROLE_VIEWER, .per_minute = 30, .body_max = 32 << 10, .priority = PRIO_REST,
     .flags = ROUTE_ADULT | ROUTE_OWNER | ROUTE_AUDIT, .body = "PasskeyNew", .reply = "Passkey", .op = "passkeyCreate", .doc = "Add the passkey that was made"},
    {GET, "/api/v1/passkeys", passkeys_get, ROLE_VIEWER, .priority = PRIO_REST, .flags = ROUTE_ADULT, .reply = "Passkeys",
     .op = "passkeyList", .doc = "The account's passkeys"},
    {PATCH, "/api/v1/passkeys/{id:id}", passkey_patch, ROLE_VIEWER, .priority = PRIO_REST, .flags = ROUTE_ADULT,
     .body = "PasskeyName", .reply = "Passkey", .op = "passkeyUpdate", .doc = "Rename a passkey"},
    {DELETE, "/api/v1/passkeys/{id:id}", passkey_delete, ROLE_VIEWER, .priority = PRIO_REST, .flags = ROUTE_ADULT | ROUTE_OWNER | ROUTE_AUDIT,
     .op = "passkeyDelete", .doc = "Remove a passkey, unless it is the last way in"},
    {.path = NULL}};

const struct service passkey_service = {
    .name = "passkey",
    .routes = passkey_routes,
    .schemas = passkey_schemas,
    .sql = ways_sql,
    .export = passkey_export,
    .erase = passkey_erase,
};
