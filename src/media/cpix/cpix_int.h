/* cpix_int.h - between the files of cpix. */
#pragma once
#include "media/cpix/cpix.h"

#define CPIX_NS "urn:dashif:org:cpix"
#define CPIX_AES "http://www.w3.org/2001/04/xmlenc#aes256-cbc"
#define CPIX_OAEP "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"
#define CPIX_HMAC "http://www.w3.org/2001/04/xmldsig-more#hmac-sha512"

#define CPIX_PICTURES (1u << KEY_SD | 1u << KEY_HD | 1u << KEY_UHD)

/* What a document's keys are sealed with; wiped by who has it. */
enum { SEAL_KEY = 32, SEAL_MAC_KEY = 64, SEAL_MAC = 64, SEAL_VALUE = 48, SEAL_WRAPPED_MAX = 1024 };
struct seal {
    uint8_t key[SEAL_KEY], mac[SEAL_MAC_KEY];
};
int seal_new(struct seal *ret, struct err *reterr);
/* The certificate in DER; ERR_INVALID "cpix.certificate". */
int seal_certificate(struct str text, struct buf *ret_der, struct err *reterr);
/* To the certificate's key; b gets the bytes. */
int seal_wrap(const struct buf *der, const uint8_t *secret, size_t n, struct buf *b, struct err *reterr);
/* False: not for this key, or not n bytes. */
bool seal_unwrap(struct str private_key, const struct buf *wrapped, uint8_t *ret, size_t n);
/* One content key: IV and ciphertext, and the MAC of both. */
bool seal_close(const struct seal *s, const uint8_t key[16], uint8_t ret_value[SEAL_VALUE], uint8_t ret_mac[SEAL_MAC]);
bool seal_open(const struct seal *s, const struct buf *value, const struct buf *mac, uint8_t ret_key[16]);

/* cpix_rules.c: the classes of a rule, by its intendedTrackType ("SD+HD") or else its filters. */
unsigned rule_classes(struct str track_type, bool audio, bool video, int64_t min_pixels, int64_t max_pixels);
