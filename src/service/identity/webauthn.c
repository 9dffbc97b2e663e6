/*
 * webauthn.c - the two ceremonies of WebAuthn, verified step by step. The order follows the standard's, so that a reader can
 * tick them off; what the caller does (challenge, who the credential belongs to, the counter) is in passkey.c.
 */
#include "service/identity/webauthn.h"
#include "base/buf.h"
#include "service/json.h"
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <string.h>

static int refuse(struct err *reterr, int code, const char *reason, const char *why) {
    static const struct {
        const char *reason, *hint;
    } hints[] = {
        {"passkey.invalid", "What the passkey said could not be read. Try again, or sign in another way."},
        {"passkey.origin", "This passkey was used on another page than ours. Type our address yourself and try again."},
        {"passkey.not_verified", "The passkey must be unlocked, by fingerprint, face or PIN. Try again and unlock it."},
        {"passkey.unsupported", "This kind of passkey is not known here. Use another device or security key."},
        {"passkey.attestation", "This security key sends a certificate that was not asked for. Use another one."},
        {"passkey.signature", "This passkey could not be verified. Try again, or sign in another way."},
    };
    const char *hint = "";
    for (size_t i = 0; i < ARRAY_LEN(hints); i++)
        if (strcmp(hints[i].reason, reason) == 0)
            hint = hints[i].hint;
    return err_refuse(reterr, code, reason, hint, "%s", why);
}

int webauthn_client_read(struct str json, struct arena *a, struct webauthn_client *ret, struct err *reterr) {
    json_t *o = json_loadb(json.p ? json.p : "", json.n, JSON_REJECT_DUPLICATES, NULL);
    struct str type = json_get_str(o, "type"), challenge = json_get_str(o, "challenge"), origin = json_get_str(o, "origin");
    const json_t *cross = json_object_get(o, "crossOrigin");
    *ret = (struct webauthn_client){
        .type = str_dup(a, type), .challenge = str_dup(a, challenge), .origin = str_dup(a, origin),
        /* A value of another type is no "false". */
        .crossed = (cross && !json_is_false(cross)) || json_object_get(o, "topOrigin") != NULL};
    bool ok = type.n && challenge.n && origin.n && ret->type.p && ret->challenge.p && ret->origin.p;
    json_decref(o);
    return ok ? 0 : refuse(reterr, ERR_INVALID, "passkey.invalid", "client data is not what it should be");
}

static int client_check(const struct webauthn_site *site, struct str json, const char *type, struct arena *a, int code,
                        struct err *reterr) {
    struct webauthn_client c;
    if (webauthn_client_read(json, a, &c, NULL))
        return refuse(reterr, code, "passkey.invalid", "client data is not what it should be");
    if (!str_eq(c.type, str_of(type)))
        return refuse(reterr, code, "passkey.invalid", "client data is of another ceremony");
    if (!str_eq(c.origin, site->origin) || c.crossed)
        return refuse(reterr, code, "passkey.origin", "another origin, or in a frame of another site");
    return 0;
}

/* Steps that both ceremonies have: whose it is, and that a person was there and proved who they are. */
static int auth_data_check(const struct webauthn_site *site, const struct auth_data *d, int code, struct err *reterr) {
    uint8_t hash[SHA256_DIGEST_LENGTH];
    SHA256((const uint8_t *)site->rp_id.p, site->rp_id.n, hash);
    if (CRYPTO_memcmp(hash, d->rp_id_hash.p, sizeof hash) != 0)
        return refuse(reterr, code, "passkey.origin", "a credential for another site");
    if ((d->flags & (AUTH_UP | AUTH_UV)) != (AUTH_UP | AUTH_UV))
        return refuse(reterr, code, "passkey.not_verified", "nobody was there, or nobody was verified");
    return 0;
}

/* authenticator data, then the hash of the client data: what is signed in both ceremonies. */
static struct str signed_bytes(struct str auth_data, struct str client_json, struct arena *a) {
    char *p = arena_alloc(a, auth_data.n + SHA256_DIGEST_LENGTH);
    if (!p)
        return STR_NULL;
    memcpy(p, auth_data.p, auth_data.n);
    SHA256((const uint8_t *)client_json.p, client_json.n, (uint8_t *)p + auth_data.n);
    return str_make(p, auth_data.n + SHA256_DIGEST_LENGTH);
}

/* Browsers replace a manufacturer's attestation with "none" when none is asked for; self attestation, which
 * says nothing about the maker, they may leave (section 5.1.3). Neither is a reason to trust; both must be what they claim. */
static int attestation_check(const struct attestation *at, const struct public_key *key, struct str client_json,
                             struct arena *a, struct err *reterr) {
    if (str_eq(at->format, STR("none")))
        return at->bare ? 0 : refuse(reterr, ERR_INVALID, "passkey.invalid", "attestation none with a statement");
    if (!str_eq(at->format, STR("packed")) || at->has_x5c)
        return refuse(reterr, ERR_INVALID, "passkey.attestation", "an attestation that was not asked for");
    struct str text = signed_bytes(at->auth_data, client_json, a);
    if (at->alg != public_key_alg(key) || !at->sig.n || !text.p || !public_key_verify(key, text, at->sig))
        return refuse(reterr, ERR_INVALID, "passkey.invalid", "self attestation does not verify");
    return 0;
}

int webauthn_register(const struct webauthn_site *site, struct str client_json, struct str attestation,
                      struct arena *a, struct webauthn_credential *ret, struct err *reterr) {
    struct attestation at;
    struct auth_data d;
    int rc = client_check(site, client_json, "webauthn.create", a, ERR_INVALID, reterr);
    if (rc)
        return rc;
    if (!attestation_parse(attestation, &at) || !auth_data_parse(at.auth_data, &d) || !(d.flags & AUTH_AT))
        return refuse(reterr, ERR_INVALID, "passkey.invalid", "the attestation object is not one");
    rc = auth_data_check(site, &d, ERR_INVALID, reterr);
    if (rc)
        return rc;
    scoped(public_key_freep) struct public_key *key = cose_key_parse(d.key);
    if (!key)
        return refuse(reterr, ERR_INVALID, "passkey.unsupported", "a key that is not sound, or of another algorithm");
    rc = attestation_check(&at, key, client_json, a, reterr);
    if (rc)
        return rc;
    *ret = (struct webauthn_credential){.id = str_dup(a, d.credential_id),
                                        .key = str_dup(a, d.key),
                                        .aaguid = str_dup(a, d.aaguid),
                                        .sign_count = d.sign_count,
                                        .backup_eligible = d.flags & AUTH_BE,
                                        .backed_up = d.flags & AUTH_BS};
    return ret->id.p && ret->key.p && ret->aaguid.p ? 0 : err_set(reterr, ERR_NO_MEMORY, "no room for a passkey");
}

int webauthn_assert(const struct webauthn_site *site, const struct webauthn_credential *c, struct str client_json,
                    struct str auth_data, struct str signature, struct arena *a,
                    struct webauthn_credential *ret, struct err *reterr) {
    struct auth_data d;
    int rc = client_check(site, client_json, "webauthn.get", a, ERR_UNAUTHENTICATED, reterr);
    if (rc)
        return rc;
    if (!auth_data_parse(auth_data, &d))
        return refuse(reterr, ERR_UNAUTHENTICATED, "passkey.invalid", "the authenticator data is not such");
    rc = auth_data_check(site, &d, ERR_UNAUTHENTICATED, reterr);
    if (rc)
        return rc;
    if (!!(d.flags & AUTH_BE) != c->backup_eligible)
        return refuse(reterr, ERR_UNAUTHENTICATED, "passkey.invalid", "backup eligibility has changed");
    scoped(public_key_freep) struct public_key *key = cose_key_parse(c->key);
    struct str text = signed_bytes(auth_data, client_json, a);
    if (!key || !text.p)
        return err_set(reterr, ERR_CORRUPT, "a stored passkey's key does not read");
    if (!public_key_verify(key, text, signature))
        return refuse(reterr, ERR_UNAUTHENTICATED, "passkey.signature", "the signature does not verify");
    *ret = *c;
    ret->sign_count = d.sign_count;
    ret->backed_up = d.flags & AUTH_BS;
    return 0;
}

bool webauthn_count_is_new(uint32_t before, uint32_t now) {
    return (before == 0 && now == 0) || now > before;
}
