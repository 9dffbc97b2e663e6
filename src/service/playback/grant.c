/* grant.c - see grant.h. The algorithm is not part of the text, so that nobody can choose another.
 */
#include "service/playback/grant.h"
#include "base/buf.h"
#include "engine/cat/mac.h"
#include "media/drm/drm.h"
#include "service/keys/keys.h"
#include <sodium.h>

enum { GRANT_MAX = 512, GRANT_TYPICAL = 200, FIELDS = 8, FIELDS_MAX = 9 };

static const char *const kind_names[GRANT_KINDS] = {"play", "download", "channel"};

static int sign(struct str text, uint8_t tag[32], struct err *reterr) {
    uint8_t key[32];
    int rc = keys_derive("grant", key, reterr);
    if (rc == 0 && !mac_sha256(key, sizeof key, text, tag))
        rc = err_set(reterr, ERR_NO_MEMORY, "no memory for a grant's signature");
    sodium_memzero(key, sizeof key);
    return rc;
}

int grant_write(const struct grant *g, struct arena *a, struct str *ret, struct err *reterr) {
    scoped(buf_done) struct buf b = BUF(GRANT_MAX);
    uint8_t tag[32];
    buf_reserve(&b, GRANT_TYPICAL);
    buf_addf(&b, "%d.%s." ID_FMT "." ID_FMT "." ID_FMT ".%u.%lld.%lld", g->system ? 2 : 1, kind_names[g->kind],
             ID_ARG(g->playback.v), ID_ARG(g->device.v), ID_ARG(g->asset.v), g->classes,
             (long long)g->until_ms, (long long)g->lasts_ms);
    if (g->system)
        buf_addf(&b, ".%s", drm_systems[g->system - GRANT_DRM].name);
    int rc = sign(buf_str(&b), tag, reterr);
    if (rc)
        return rc;
    buf_byte(&b, '.');
    buf_base64url(&b, tag, sizeof tag);
    *ret = b.failed ? STR_NULL : str_dup(a, buf_str(&b));
    return ret->p ? 0 : err_set(reterr, ERR_LIMIT, "no room for a grant");
}

static int forged(struct err *reterr) {
    return err_refuse(reterr, ERR_FORBIDDEN, "licence.grant_forged",
                      "This licence address is not valid. Start the title again.",
                      "a grant that does not verify");
}

static bool signature_ok(struct str text, struct str *ret_signed, int *ret_rc, struct err *reterr) {
    scoped(buf_done) struct buf given = BUF(64);
    uint8_t tag[32];
    size_t dot = text.n;
    while (dot && text.p[dot - 1] != '.')
        dot--;
    *ret_rc = 0;
    if (text.n > GRANT_MAX || dot < 2 || !buf_unbase64url(&given, str_slice(text, dot, text.n)) ||
        given.n != sizeof tag)
        return false;
    *ret_signed = str_slice(text, 0, dot - 1);
    *ret_rc = sign(*ret_signed, tag, reterr);
    return *ret_rc == 0 && sodium_memcmp(tag, given.p, sizeof tag) == 0;
}

/* Version 1 is of ClearKey, and 2 names another system behind it. */
static bool system_read(const struct str *f, size_t n, struct grant *g) {
    int s = n == FIELDS_MAX ? drm_by_name(f[FIELDS]) : -1;
    g->system = s < 0 ? GRANT_CLEARKEY : (unsigned)(GRANT_DRM + s);
    return str_eq(f[0], n == FIELDS ? STR("1") : STR("2")) && (n == FIELDS || s >= 0);
}

static bool fields_read(struct str text, struct grant *g) {
    struct str f[FIELDS_MAX];
    int64_t classes;
    size_t n = 0;
    for (; text.p && n < FIELDS_MAX; n++)
        text = str_cut(text, '.', &f[n]);
    if (n < FIELDS || text.p || !system_read(f, n, g))
        return false;
    for (g->kind = 0; g->kind < GRANT_KINDS; g->kind++)
        if (str_eq(f[1], str_of(kind_names[g->kind])))
            break;
    if (g->kind == GRANT_KINDS || !id_parse(f[2], &g->playback.v) ||
        !id_parse(f[3], &g->device.v) || !id_parse(f[4], &g->asset.v) ||
        !str_to_i64(f[5], &classes) || classes < 0 || classes >= 1 << KEY_CLASSES ||
        !str_to_i64(f[6], &g->until_ms) || !str_to_i64(f[7], &g->lasts_ms))
        return false;
    g->classes = (unsigned)classes;
    return true;
}

int grant_read(struct str text, int64_t now_ms, struct grant *ret_g, struct err *reterr) {
    struct str body;
    struct grant g = {0};
    int rc;
    if (!signature_ok(text, &body, &rc, reterr) || !fields_read(body, &g))
        return rc ? rc : forged(reterr);
    if (now_ms >= g.until_ms)
        return err_refuse(reterr, ERR_FORBIDDEN, "licence.grant_expired",
                          "This playback has ended. Start the title again.",
                          "the grant of playback " ID_FMT " ended", ID_ARG(g.playback.v));
    *ret_g = g;
    return 0;
}
