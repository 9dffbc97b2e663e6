/*
 * cpix.h - DASH-IF CPIX 2.3 documents: ContentKeyList, DRMSystemList, ContentKeyUsageRuleList, and DeliveryDataList with one
 * recipient. Sealed as clause 6.1.4 has it: a document key and a MAC key wrapped with RSA-OAEP for a certificate, content keys
 * under AES-256-CBC with an HMAC-SHA-512 over IV and ciphertext. Signatures are neither made nor looked at. Any thread.
 */
#pragma once
#include "base/buf.h"
#include "media/drm/drm.h"

enum { CPIX_MAX = 1 << 20, CPIX_KEYS_MAX = KIDS_MAX };

/* A rule as a contract has it, where that is not one filter a class of ours. */
struct cpix_rule {
    const char *track_type;         /* intendedTrackType: "VIDEO" */
    int64_t min_pixels, max_pixels; /* 0: no end */
};
struct cpix_key {
    uint8_t kid[16], key[16];
    bool has_key;      /* a request's has none */
    unsigned classes;  /* 1u << enum key_class that its rule is for; 0: no rule */
    struct str track_type;          /* intendedTrackType as it was read; the last rule's */
    const struct cpix_rule *rule;   /* is written in place of one made of the classes; may be NULL */
    int64_t min_pixels, max_pixels; /* of the rule that is written; 0: those of the class */
    int period;          /* of the asset's n_periods; 0: the first */
    char label[16];      /* the track that the rule is for; "": all of its classes */
};
struct cpix {
    struct str content_id;
    enum scheme scheme; /* CLEAR: not said */
    struct cpix_key keys[CPIX_KEYS_MAX];
    size_t n_keys;
    int n_periods; /* key periods; below 2 they are not told */
    const struct drm_data *systems; /* a request's have neither pssh nor uri */
    size_t n_systems;
};
void cpix_wipe(struct cpix *c);

/* The pixels of a class' pictures as key services count them: SD to 1024x576, HD to 1920x1080. false: no pictures. */
bool cpix_pixels(enum key_class c, int64_t *ret_min, int64_t *ret_max); /* max 0: no end */
const char *cpix_track_type(enum key_class c);                          /* "UHD" */

enum cpix_form {
    CPIX_ASK,    /* without keys: a SPEKE request */
    CPIX_PLAIN,  /* keys in clear */
    CPIX_SEALED, /* for who has the certificate's private key */
};
/* certificate: PEM or DER of an RSA certificate of 2048 bits at least, for CPIX_SEALED. With CPIX_ASK it stands in the document for
 * the service to seal to, and may be STR_NULL. ERR_INVALID "cpix.certificate", ERR_LIMIT. */
int cpix_write(const struct cpix *c, enum cpix_form form, struct str certificate, struct buf *out, struct err *reterr);

/* private_key: PEM, of the certificate a document is sealed to; STR_NULL: keys in clear only. Strings into the arena. ERR_INVALID
 * "cpix.malformed", "cpix.too_large", "cpix.sealed" (and no key for it), "cpix.unsealable" (another recipient's, or changed). */
int cpix_read(struct str xml, struct str private_key, struct arena *a, struct cpix *ret, struct err *reterr);
