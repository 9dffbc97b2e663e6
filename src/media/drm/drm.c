/* drm.c - see drm.h. */
#include "media/drm/drm.h"
#include "media/cmaf/box.h"
#include <string.h>

#define BOTH (1u << SCHEME_CENC | 1u << SCHEME_CBCS)
const struct drm_row drm_systems[DRM_SYSTEMS] = {
    [DRM_WIDEVINE] = {"widevine", "com.widevine.alpha",
                      {0xed, 0xef, 0x8b, 0xa9, 0x79, 0xd6, 0x4a, 0xce, 0xa3, 0xc8, 0x27, 0xdc, 0xd5, 0x1d, 0x21, 0xed}, BOTH},
    [DRM_PLAYREADY] = {"playready", "com.microsoft.playready",
                       {0x9a, 0x04, 0xf0, 0x79, 0x98, 0x40, 0x42, 0x86, 0xab, 0x92, 0xe6, 0x5b, 0xe0, 0x88, 0x5f, 0x95}, BOTH},
    [DRM_FAIRPLAY] = {"fairplay", "com.apple.fps",
                      {0x94, 0xce, 0x86, 0xfb, 0x07, 0xff, 0x4f, 0x43, 0xad, 0xb8, 0x93, 0xd2, 0xfa, 0x96, 0x8c, 0xa2},
                      1u << SCHEME_CBCS}};

int drm_by_name(struct str name) {
    for (int s = 0; s < DRM_SYSTEMS; s++)
        if (str_eq(name, str_of(drm_systems[s].name)))
            return s;
    return -1;
}

int drm_by_id(const uint8_t id[16]) {
    for (int s = 0; s < DRM_SYSTEMS; s++)
        if (memcmp(drm_systems[s].id, id, 16) == 0)
            return s;
    return -1;
}

/* PlayReady has further names below its own ("com.microsoft.playready.recommendation"), and so has FairPlay ("com.apple.fps.1_0"). */
int drm_by_key_system(struct str system) {
    for (int s = 0; s < DRM_SYSTEMS; s++) {
        struct str name = str_of(drm_systems[s].key_system);
        if (str_starts(system, name) && (system.n == name.n || system.p[name.n] == '.'))
            return s;
    }
    return -1;
}

bool drm_signalled(const struct asset_desc *a, enum drm_system s) {
    return (a->drm.systems & 1u << s) && (drm_systems[s].schemes & 1u << a->scheme);
}

static const struct drm_data *given(const struct asset_desc *a, const struct track_desc *t, enum drm_system s) {
    for (size_t i = 0; i < a->drm.n_data; i++)
        if (a->drm.data[i].system == s && memcmp(a->drm.data[i].kid, t->kid, 16) == 0)
            return &a->drm.data[i];
    return NULL;
}

/* ---- Widevine ---- */

/* Protocol buffers: seven bits a byte, the lowest first. */
static void varint(struct buf *b, uint64_t v) {
    for (; v > 127; v >>= 7)
        buf_byte(b, (uint8_t)(v | 0x80));
    buf_byte(b, (uint8_t)v);
}

static void proto_bytes(struct buf *b, unsigned field, const void *p, size_t n) {
    varint(b, field << 3 | 2);
    varint(b, n);
    buf_mem(b, p, n);
}

/* WidevinePsshData: 2 key_ids, 3 provider, 4 content_id, 9 protection_scheme (its four characters as a number). */
static void widevine_write(struct buf *b, const struct asset_desc *a, const struct track_desc *t) {
    proto_bytes(b, 2, t->kid, 16);
    if (a->drm.provider.n)
        proto_bytes(b, 3, a->drm.provider.p, a->drm.provider.n);
    if (a->id.n)
        proto_bytes(b, 4, a->id.p, a->id.n);
    varint(b, 9 << 3);
    varint(b, box_fourcc(scheme_names[a->scheme]));
}

/* ---- PlayReady ---- */

static void buf_le16(struct buf *b, size_t v) {
    buf_byte(b, (uint8_t)v);
    buf_byte(b, (uint8_t)(v >> 8));
}

/* A GUID of Windows: its first three numbers are little-endian. */
static void guid_of(const uint8_t kid[16], uint8_t ret[16]) {
    static const uint8_t from[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    for (int i = 0; i < 16; i++)
        ret[i] = kid[from[i]];
}

/* PlayReady Header Specification, 4.3.0.0: the first that has AESCBC; a checksum is left out, for it wants the key. */
static void wrm_header(struct buf *b, const struct asset_desc *a, const struct track_desc *t) {
    uint8_t guid[16];
    guid_of(t->kid, guid);
    buf_addf(b,
             "<WRMHEADER xmlns=\"http://schemas.microsoft.com/DRM/2007/03/PlayReadyHeader\" version=\"4.3.0.0\"><DATA><PROTECTINFO>"
             "<KIDS><KID ALGID=\"%s\" VALUE=\"",
             a->scheme == SCHEME_CBCS ? "AESCBC" : "AESCTR");
    buf_base64(b, guid, sizeof guid);
    buf_addc(b, "\"></KID></KIDS></PROTECTINFO>");
    if (a->drm.la_url.n) {
        buf_addc(b, "<LA_URL>");
        buf_xml(b, a->drm.la_url);
        buf_addc(b, "</LA_URL>");
    }
    buf_addc(b, "</DATA></WRMHEADER>");
}

/* One record of type 1, the header in UTF-16LE; addresses are ASCII (RFC 3986). */
static void playready_write(struct buf *b, const struct asset_desc *a, const struct track_desc *t) {
    scoped(buf_done) struct buf xml = BUF(8 << 10);
    wrm_header(&xml, a, t);
    size_t n = 2 * xml.n, whole = 10 + n;
    b->failed = b->failed || xml.failed;
    buf_le16(b, whole);
    buf_le16(b, whole >> 16);
    buf_le16(b, 1);
    buf_le16(b, 1);
    buf_le16(b, n);
    for (size_t i = 0; i < xml.n; i++)
        buf_le16(b, xml.p[i]);
}

void drm_pro_write(struct buf *b, const struct asset_desc *a, const struct track_desc *t) {
    const struct drm_data *g = given(a, t, DRM_PLAYREADY);
    uint8_t id[16];
    struct str data;
    if (!g)
        playready_write(b, a, t);
    else if (drm_pssh_read(g->pssh, id, &data))
        buf_add(b, data);
}

/* ---- boxes ---- */

void drm_pssh_wrap(struct buf *b, enum drm_system s, struct str data) {
    size_t at = box_begin_full(b, "pssh", 0, 0);
    buf_mem(b, drm_systems[s].id, 16);
    buf_be32(b, (uint32_t)data.n);
    buf_add(b, data);
    box_end(b, at);
}

void drm_pssh_write(struct buf *b, const struct asset_desc *a, const struct track_desc *t, enum drm_system s) {
    const struct drm_data *g = given(a, t, s);
    if (g) {
        buf_add(b, g->pssh);
        return;
    }
    scoped(buf_done) struct buf data = BUF(DRM_PSSH_MAX);
    if (s == DRM_WIDEVINE)
        widevine_write(&data, a, t);
    else
        playready_write(&data, a, t);
    b->failed = b->failed || data.failed;
    drm_pssh_wrap(b, s, buf_str(&data));
}

bool drm_pssh_read(struct str text, uint8_t ret_id[16], struct str *ret_data) {
    const uint8_t *p = (const uint8_t *)text.p;
    struct box box;
    size_t at = 28;
    if (text.n < 32 || text.n > DRM_PSSH_MAX || !box_read(p, text.n, &box) || box.type != box_fourcc("pssh") || box.header != 8 ||
        box.size != text.n || p[8] > 1)
        return false;
    if (p[8] == 1) {
        uint64_t kids = get_be32(p + at);
        at += 4 + kids * 16;
        if (kids > DRM_PSSH_MAX / 16 || at + 4 > text.n)
            return false;
    }
    if (get_be32(p + at) != text.n - at - 4)
        return false;
    memcpy(ret_id, p + 12, 16);
    *ret_data = str_slice(text, at + 4, text.n);
    return true;
}

/* ---- FairPlay ---- */

void drm_skd_write(struct buf *b, const struct asset_desc *a, const struct track_desc *t) {
    const struct drm_data *g = given(a, t, DRM_FAIRPLAY);
    if (g) {
        buf_add(b, g->uri);
        return;
    }
    buf_addc(b, "skd://");
    buf_hex(b, t->kid, 16);
}

bool drm_uri_ok(struct str uri) {
    if (uri.n > DRM_URI_MAX || str_find(uri, STR("://")) < 1)
        return false;
    for (size_t i = 0; i < uri.n; i++)
        if (uri.p[i] <= ' ' || uri.p[i] > '~' || uri.p[i] == '"')
            return false;
    return true;
}
