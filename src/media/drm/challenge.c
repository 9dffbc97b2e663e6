/* challenge.c - see challenge.h. */
#include "media/drm/challenge.h"
#include "base/buf.h"
#include "media/drm/drm.h"
#include <string.h>

static bool kid_add(struct challenge *c, const uint8_t kid[16]) {
    for (size_t i = 0; i < c->n_kids; i++)
        if (memcmp(c->kids[i], kid, 16) == 0)
            return true;
    if (c->n_kids == CHALLENGE_KIDS_MAX)
        return false;
    memcpy(c->kids[c->n_kids++], kid, 16);
    return true;
}

/* ---- Widevine ---- */

/* One field of a message: its number, and a number or bytes. */
struct piece {
    uint64_t field, number;
    struct str bytes; /* STR_NULL: it is a number */
};

static bool varint_read(struct str *s, uint64_t *ret) {
    uint64_t v = 0;
    for (int shift = 0; s->n && shift < 64; shift += 7) {
        uint8_t b = (uint8_t)s->p[0];
        *s = str_slice(*s, 1, s->n);
        v |= (uint64_t)(b & 0x7F) << shift;
        if (!(b & 0x80)) {
            *ret = v;
            return true;
        }
    }
    return false;
}

/* 1: one was read, 0: the end, -1: not a message. */
static int piece_read(struct str *s, struct piece *ret) {
    uint64_t tag, n = 0;
    if (!s->n)
        return 0;
    if (!varint_read(s, &tag) || !(tag >> 3))
        return -1;
    *ret = (struct piece){.field = tag >> 3, .bytes = STR_NULL};
    switch (tag & 7) {
    case 0: return varint_read(s, &ret->number) ? 1 : -1;
    case 1: n = 8; break;
    case 5: n = 4; break;
    case 2:
        if (!varint_read(s, &n))
            return -1;
        break;
    default: return -1;
    }
    if (n > s->n)
        return -1;
    ret->bytes = str_slice(*s, 0, (size_t)n);
    *s = str_slice(*s, (size_t)n, s->n);
    return 1;
}

/* WidevinePsshData: 2 key_ids. */
static bool pssh_data_kids(struct str s, struct challenge *c) {
    struct piece p;
    int r;
    while ((r = piece_read(&s, &p)) > 0)
        if (p.field == 2 && p.bytes.p && (p.bytes.n != 16 || !kid_add(c, (const uint8_t *)p.bytes.p)))
            return false;
    return r == 0;
}

/* ContentIdentification: 1 WidevinePsshData (1 its bytes, 2 type of licence), 4 InitData (1 its type, 2 a pssh box, 3 type of licence). A
 * renewal (3 ExistingLicense) names none. */
static bool content_kids(struct str s, struct challenge *c) {
    enum { OFFLINE = 2 };
    struct piece outer, p;
    int r;
    while ((r = piece_read(&s, &outer)) > 0) {
        struct str in = outer.bytes, data;
        uint8_t id[16];
        int k;
        if ((outer.field != 1 && outer.field != 4) || !in.p)
            continue;
        bool box = outer.field == 4;
        while ((k = piece_read(&in, &p)) > 0) {
            if (p.field == (box ? 3u : 2u) && !p.bytes.p)
                c->persistent |= p.number == OFFLINE;
            if (p.field != (box ? 2u : 1u) || !p.bytes.p)
                continue;
            bool ok = box ? drm_pssh_read(p.bytes, id, &data) && pssh_data_kids(data, c) : pssh_data_kids(p.bytes, c);
            if (!ok)
                return false;
        }
        if (k < 0)
            return false;
    }
    return r == 0;
}

/* SignedMessage: 1 type, 2 msg; LicenseRequest: 2 content_id. */
static bool widevine_read(struct str s, struct challenge *c) {
    enum { LICENSE_REQUEST = 1, SERVICE_CERTIFICATE_REQUEST = 4 };
    struct piece p;
    uint64_t type = 0;
    struct str message = STR_NULL;
    int r;
    while ((r = piece_read(&s, &p)) > 0) {
        if (p.field == 1 && !p.bytes.p)
            type = p.number;
        if (p.field == 2 && p.bytes.p)
            message = p.bytes;
    }
    if (r < 0 || (type != LICENSE_REQUEST && type != SERVICE_CERTIFICATE_REQUEST))
        return false;
    c->certificate = type == SERVICE_CERTIFICATE_REQUEST;
    while (!c->certificate && (r = piece_read(&message, &p)) > 0)
        if (p.field == 2 && p.bytes.p && !content_kids(p.bytes, c))
            return false;
    return c->certificate || r == 0;
}

/* ---- PlayReady ---- */

/* A GUID of Windows in base64. */
static bool guid_add(struct str text, struct challenge *c) {
    static const uint8_t from[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    scoped(buf_done) struct buf b = BUF(64);
    uint8_t kid[16];
    if (text.n > 30 || !buf_unbase64url(&b, str_trim(text)) || b.n != 16)
        return false;
    for (int i = 0; i < 16; i++)
        kid[i] = b.p[from[i]];
    return kid_add(c, kid);
}

/* <KID>...</KID> of headers before 4.1, <KID VALUE="..."> since. */
static bool playready_read(struct str s, struct challenge *c) {
    const struct str open = STR("<KID"), value = STR("VALUE=\"");
    ptrdiff_t at;
    if (!str_is_utf8(s) || str_find(s, STR("Envelope")) < 0 || str_find(s, STR("<!DOCTYPE")) >= 0 || str_find(s, STR("<!--")) >= 0)
        return false;
    while ((at = str_find(s, open)) >= 0) {
        struct str tag, kid;
        s = str_slice(s, (size_t)at + open.n, s.n);
        if (s.n && s.p[0] == 'S') /* <KIDS> */
            continue;
        s = str_cut(s, '>', &tag);
        ptrdiff_t v = str_find(tag, value);
        if (v >= 0)
            str_cut(str_slice(tag, (size_t)v + value.n, tag.n), '"', &kid);
        else
            str_cut(s, '<', &kid);
        if (!s.p || !guid_add(kid, c))
            return false;
    }
    return true;
}

bool challenge_read(enum drm_system s, struct str body, struct challenge *ret) {
    *ret = (struct challenge){.n_kids = 0};
    if (!body.n || body.n > CHALLENGE_MAX)
        return false;
    return s == DRM_WIDEVINE ? widevine_read(body, ret) : s == DRM_PLAYREADY ? playready_read(body, ret) : true;
}
