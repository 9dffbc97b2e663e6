/* upload_head.c - see upload_head.h. */
#include "service/ingest/upload_head.h"
#include "base/buf.h"
#include <string.h>

static bool is_padded_base64(struct str s) {
    size_t n = s.n;
    while (n && s.n - n < 2 && s.p[n - 1] == '=')
        n--;
    for (size_t i = 0; i < n; i++) {
        char c = s.p[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/'))
            return false;
    }
    return s.n % 4 == 0;
}

static bool base64_read(struct str s, struct buf *into) {
    return is_padded_base64(s) && buf_unbase64url(into, s) && !into->failed;
}

static bool name_ok(struct str s) {
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == ',')
            return false;
    return s.n > 0;
}

static bool pair_read(struct str text, struct arena *a, struct upload_pair *ret) {
    scoped(buf_done) struct buf b = BUF(UPLOAD_METADATA_MAX);
    struct str value = str_cut(text, ' ', &ret->name);
    if (!name_ok(ret->name) || !base64_read(value, &b))
        return false;
    ret->value = str_dup(a, buf_str(&b));
    return ret->value.p || b.n == 0;
}

bool upload_metadata_read(struct str header, struct arena *a, struct upload_pair pairs[UPLOAD_PAIRS_MAX],
                          size_t *ret_n) {
    size_t n = 0;
    struct str rest = str_trim(header), one;
    if (header.n > UPLOAD_METADATA_MAX)
        return false;
    while (rest.n) {
        rest = str_cut(rest, ',', &one);
        if (n == UPLOAD_PAIRS_MAX || !pair_read(str_trim(one), a, &pairs[n]))
            return false;
        for (size_t i = 0; i < n; i++)
            if (str_eq(pairs[i].name, pairs[n].name))
                return false;
        n++;
    }
    *ret_n = n;
    return true;
}

enum upload_checksum_result upload_checksum_read(struct str header, struct upload_checksum *ret) {
    scoped(buf_done) struct buf b = BUF(64);
    struct str name, value = str_cut(str_trim(header), ' ', &name);
    if (!name_ok(name) || !base64_read(value, &b) || b.n == 0)
        return CHECKSUM_BAD;
    const EVP_MD *md = str_eq(name, STR("sha256")) ? EVP_sha256()
                       : str_eq(name, STR("sha1")) ? EVP_sha1()
                       : str_eq(name, STR("md5"))  ? EVP_md5()
                                                   : NULL;
    if (!md)
        return CHECKSUM_UNKNOWN;
    if (b.n != (size_t)EVP_MD_get_size(md))
        return CHECKSUM_BAD;
    *ret = (struct upload_checksum){.algorithm = md, .n = b.n};
    memcpy(ret->digest, b.p, b.n);
    return CHECKSUM_OK;
}

static struct str item_of(struct str header) {
    struct str item;
    str_cut(str_trim(header), ';', &item);
    return str_trim(item);
}

bool tus_size_read(struct str s, int64_t *ret) {
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n > 0 && str_to_i64(s, ret);
}

bool sf_size_read(struct str header, int64_t *ret) {
    struct str item = item_of(header);
    return item.n <= 15 && tus_size_read(item, ret); /* RFC 9651 section 3.3.1: 15 digits */
}

bool sf_bool_read(struct str header, bool *ret) {
    struct str item = item_of(header);
    if (!str_eq(item, STR("?0")) && !str_eq(item, STR("?1")))
        return false;
    *ret = item.p[1] == '1';
    return true;
}

bool repr_digest_read(struct str header, char ret_hex[65]) {
    struct str rest = header, one, name;
    while (rest.n) {
        rest = str_cut(rest, ',', &one);
        struct str value = item_of(str_cut(str_trim(one), '=', &name));
        if (!str_eq(str_trim(name), STR("sha-256")) || value.n < 3 || value.p[0] != ':' || value.p[value.n - 1] != ':')
            continue;
        scoped(buf_done) struct buf raw = BUF(64);
        scoped(buf_done) struct buf hex = BUF(128);
        if (!base64_read(str_slice(value, 1, value.n - 1), &raw) || raw.n != 32)
            return false;
        buf_hex(&hex, raw.p, raw.n);
        return sha256_text_read(buf_str(&hex), ret_hex);
    }
    return false;
}

bool sha256_text_read(struct str text, char ret_hex[65]) {
    uint8_t raw[32];
    if (text.n != 64 || !str_unhex(text, raw, sizeof raw))
        return false;
    for (size_t i = 0; i < 64; i++)
        ret_hex[i] = (char)(text.p[i] >= 'A' && text.p[i] <= 'F' ? text.p[i] | 0x20 : text.p[i]);
    ret_hex[64] = 0;
    return true;
}
