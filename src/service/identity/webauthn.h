/*
 * webauthn.h - what an authenticator says, read and verified (WebAuthn level 3; the clauses are named at
 * each function). Pure: no store, no clock, no request. The challenge is the caller's, who takes it out
 * of the client data first (webauthn_client_read) and spends it. Any thread.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "service/identity/public_key.h"

enum { CREDENTIAL_ID_MAX = 1023, COSE_KEY_MAX = 1200 };
enum webauthn_flag { AUTH_UP = 1, AUTH_UV = 4, AUTH_BE = 8, AUTH_BS = 16, AUTH_AT = 64, AUTH_ED = 128 };

/* Authenticator data (section 6.1), its parts borrowed from the input. */
struct auth_data {
    struct str rp_id_hash; /* 32 bytes */
    unsigned flags;        /* enum webauthn_flag */
    uint32_t sign_count;
    struct str aaguid, credential_id, key; /* with AUTH_AT: 16 bytes, 1 to CREDENTIAL_ID_MAX, COSE_Key */
};
bool auth_data_parse(struct str in, struct auth_data *ret);

/* Attestation object (section 6.5.4). */
struct attestation {
    struct str format, auth_data;
    bool bare;      /* the statement is an empty map */
    bool has_x5c;   /* vouched for by a manufacturer's certificate */
    int64_t alg;    /* of "packed" self attestation (section 8.2) */
    struct str sig;
};
bool attestation_parse(struct str in, struct attestation *ret);

/* COSE_Key (RFC 9052 section 7) of ES256, EdDSA (Ed25519) or RS256; NULL: not one, or not sound. The caller frees. */
struct public_key *cose_key_parse(struct str in);

/* Client data (section 5.8.1). ERR_INVALID "passkey.invalid". */
struct webauthn_client {
    struct str type, challenge, origin; /* in the arena */
    bool crossed; /* in a frame of another site's */
};
int webauthn_client_read(struct str json, struct arena *a, struct webauthn_client *ret, struct err *reterr);

/* Whom credentials are for. */
struct webauthn_site {
    struct str rp_id;  /* "tv.example.org" */
    struct str origin; /* "https://tv.example.org:8443" */
};
struct webauthn_credential {
    struct str id;  /* bytes */
    struct str key; /* COSE_Key */
    struct str aaguid;
    uint32_t sign_count;
    bool backup_eligible, backed_up;
};
/* Section 7.1, steps 7 to 24. A format other than "none" and self attestation is refused: we ask for none, and would
 * not know whom to trust. ERR_INVALID "passkey.invalid", "passkey.origin", "passkey.not_verified",
 * "passkey.unsupported", "passkey.attestation". What is returned lives in the arena. */
int webauthn_register(const struct webauthn_site *site, struct str client_json, struct str attestation,
                      struct arena *a, struct webauthn_credential *ret, struct err *reterr);
/* Section 7.2, steps 9 to 22, all but what to do about a counter that went back: *ret has the new
 * count and backup state. ERR_UNAUTHENTICATED with the same reasons, and "passkey.signature". */
int webauthn_assert(const struct webauthn_site *site, const struct webauthn_credential *c, struct str client_json,
                    struct str auth_data, struct str signature, struct arena *a,
                    struct webauthn_credential *ret, struct err *reterr);
/* Section 6.1.1: an authenticator that counts must have counted on. */
bool webauthn_count_is_new(uint32_t before, uint32_t now);
