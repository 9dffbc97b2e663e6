/* cpix_write.c - a document as SPEKE v2's profile of CPIX 2.3 has it. */
#include "media/cpix/cpix_int.h"
#include <string.h>

static void uuid_write(struct buf *b, const uint8_t id[16]) {
    static const int groups[] = {4, 2, 2, 2, 6};
    for (int g = 0, at = 0; g < 5; at += groups[g++]) {
        if (g > 0)
            buf_byte(b, '-');
        buf_hex(b, id + at, (size_t)groups[g]);
    }
}

/* Without a name in front in MACMethod/Key, inside a pskc:EncryptedValue elsewhere. */
static void encrypted_write(struct buf *b, const char *method, const void *p, size_t n) {
    buf_addf(b, "<enc:EncryptionMethod Algorithm=\"%s\"/><enc:CipherData><enc:CipherValue>", method);
    buf_base64(b, p, n);
    buf_addc(b, "</enc:CipherValue></enc:CipherData>");
}

static void recipient_write(struct buf *b, const struct buf *der) {
    buf_addc(b, " <cpix:DeliveryDataList>\n  <cpix:DeliveryData>\n   <cpix:DeliveryKey><ds:X509Data><ds:X509Certificate>");
    buf_base64(b, der->p, der->n);
    buf_addc(b, "</ds:X509Certificate></ds:X509Data></cpix:DeliveryKey>\n");
}

static int delivery_write(struct buf *b, const struct buf *der, const struct seal *s, struct err *reterr) {
    scoped(buf_done) struct buf key = BUF(SEAL_WRAPPED_MAX), mac = BUF(SEAL_WRAPPED_MAX);
    recipient_write(b, der);
    if (s) {
        int rc = seal_wrap(der, s->key, sizeof s->key, &key, reterr);
        if (rc == 0)
            rc = seal_wrap(der, s->mac, sizeof s->mac, &mac, reterr);
        if (rc)
            return rc;
        buf_addc(b, "   <cpix:DocumentKey Algorithm=\"" CPIX_AES "\"><cpix:Data><pskc:Secret><pskc:EncryptedValue>");
        encrypted_write(b, CPIX_OAEP, key.p, key.n);
        buf_addc(b, "</pskc:EncryptedValue></pskc:Secret></cpix:Data></cpix:DocumentKey>\n"
                    "   <cpix:MACMethod Algorithm=\"" CPIX_HMAC "\"><cpix:Key>");
        encrypted_write(b, CPIX_OAEP, mac.p, mac.n);
        buf_addc(b, "</cpix:Key></cpix:MACMethod>\n");
    }
    buf_addc(b, "  </cpix:DeliveryData>\n </cpix:DeliveryDataList>\n");
    return 0;
}

static int key_write(struct buf *b, const struct cpix *c, const struct cpix_key *k, enum cpix_form form, const struct seal *s,
                     struct err *reterr) {
    uint8_t value[SEAL_VALUE], mac[SEAL_MAC];
    buf_addc(b, "  <cpix:ContentKey kid=\"");
    uuid_write(b, k->kid);
    buf_byte(b, '"');
    if (c->scheme != SCHEME_CLEAR)
        buf_addf(b, " commonEncryptionScheme=\"%s\"", scheme_names[c->scheme]);
    if (form == CPIX_ASK) {
        buf_addc(b, "/>\n");
        return 0;
    }
    buf_addc(b, "><cpix:Data><pskc:Secret>");
    if (form == CPIX_PLAIN) {
        buf_addc(b, "<pskc:PlainValue>");
        buf_base64(b, k->key, sizeof k->key);
        buf_addc(b, "</pskc:PlainValue>");
    } else {
        if (!seal_close(s, k->key, value, mac))
            return err_set(reterr, ERR_INTERNAL, "a key could not be sealed");
        buf_addc(b, "<pskc:EncryptedValue>");
        encrypted_write(b, CPIX_AES, value, sizeof value);
        buf_addc(b, "</pskc:EncryptedValue><pskc:ValueMAC>");
        buf_base64(b, mac, sizeof mac);
        buf_addc(b, "</pskc:ValueMAC>");
    }
    buf_addc(b, "</pskc:Secret></cpix:Data></cpix:ContentKey>\n");
    return 0;
}

static void fairplay_write(struct buf *b, struct str uri, const char *tag, const char *playlist) {
    scoped(buf_done) struct buf line = BUF(DRM_URI_MAX + 256);
    buf_addf(b, "<cpix:HLSSignalingData playlist=\"%s\">", playlist);
    if (uri.n)
        buf_addf(&line, "#%s:METHOD=SAMPLE-AES,URI=\"" STR_FMT "\",KEYFORMAT=\"com.apple.streamingkeydelivery\",KEYFORMATVERSIONS=\"1\"", tag,
                 STR_ARG(uri));
    b->failed = b->failed || line.failed;
    buf_base64(b, line.p, line.n);
    buf_addc(b, "</cpix:HLSSignalingData>");
}

static void system_write(struct buf *b, const struct drm_data *d) {
    buf_addc(b, "  <cpix:DRMSystem kid=\"");
    uuid_write(b, d->kid);
    buf_addc(b, "\" systemId=\"");
    uuid_write(b, drm_systems[d->system].id);
    buf_addc(b, "\">");
    if (d->system == DRM_FAIRPLAY) {
        fairplay_write(b, d->uri, "EXT-X-KEY", "media");
        fairplay_write(b, d->uri, "EXT-X-SESSION-KEY", "master");
    } else {
        buf_addc(b, "<cpix:PSSH>");
        buf_base64(b, d->pssh.p, d->pssh.n);
        buf_addc(b, "</cpix:PSSH>");
    }
    buf_addc(b, "</cpix:DRMSystem>\n");
}

static void video_filter_write(struct buf *b, int64_t min, int64_t max) {
    buf_addc(b, "<cpix:VideoFilter");
    if (min)
        buf_addf(b, " minPixels=\"%lld\"", (long long)min);
    if (max)
        buf_addf(b, " maxPixels=\"%lld\"", (long long)max);
    buf_addc(b, "/>");
}

static void filter_write(struct buf *b, const struct cpix_key *k, enum key_class c) {
    int64_t min, max;
    if (!cpix_pixels(c, &min, &max)) {
        buf_addc(b, "<cpix:AudioFilter/>");
        return;
    }
    if (k->max_pixels) {
        min = k->min_pixels;
        max = k->max_pixels;
    }
    video_filter_write(b, min, max);
}

/* As many filters as the track type has parts: SPEKE's contract asks for it. */
static void rule_write(struct buf *b, const struct cpix *doc, const struct cpix_key *k) {
    const char *sep = "";
    buf_addc(b, "  <cpix:ContentKeyUsageRule kid=\"");
    uuid_write(b, k->kid);
    buf_addc(b, "\" intendedTrackType=\"");
    if (k->rule) {
        buf_addf(b, "%s\">", k->rule->track_type);
        if (k->classes & CPIX_PICTURES)
            video_filter_write(b, k->rule->min_pixels, k->rule->max_pixels);
        if (k->classes & 1u << KEY_AUDIO)
            buf_addc(b, "<cpix:AudioFilter/>");
        buf_addc(b, "</cpix:ContentKeyUsageRule>\n");
        return;
    }
    for (enum key_class c = KEY_AUDIO; c < KEY_CLASSES; c++) {
        if (!(k->classes & 1u << c))
            continue;
        buf_addf(b, "%s%s", sep, cpix_track_type(c));
        sep = "+";
    }
    buf_addc(b, "\">");
    if (doc->n_periods > 1)
        buf_addf(b, "<cpix:KeyPeriodFilter periodId=\"period_%d\"/>", k->period);
    if (k->label[0])
        buf_addf(b, "<cpix:LabelFilter label=\"%s\"/>", k->label);
    for (enum key_class c = KEY_AUDIO; c < KEY_CLASSES; c++)
        if (k->classes & 1u << c)
            filter_write(b, k, c);
    buf_addc(b, "</cpix:ContentKeyUsageRule>\n");
}

/* By number: a film has no place on the clock (CPIX 2.3 4.4.6). */
static void periods_write(struct buf *b, const struct cpix *c) {
    if (c->n_periods < 2)
        return;
    buf_addc(b, " <cpix:ContentKeyPeriodList>\n");
    for (int i = 0; i < c->n_periods; i++)
        buf_addf(b, "  <cpix:ContentKeyPeriod id=\"period_%d\" index=\"%d\"/>\n", i, i);
    buf_addc(b, " </cpix:ContentKeyPeriodList>\n");
}

static int lists_write(const struct cpix *c, enum cpix_form form, const struct seal *s, struct buf *b, struct err *reterr) {
    buf_addc(b, " <cpix:ContentKeyList>\n");
    for (size_t i = 0; i < c->n_keys; i++) {
        int rc = key_write(b, c, &c->keys[i], form, s, reterr);
        if (rc)
            return rc;
    }
    buf_addc(b, " </cpix:ContentKeyList>\n");
    if (c->n_systems)
        buf_addc(b, " <cpix:DRMSystemList>\n");
    for (size_t i = 0; i < c->n_systems; i++)
        system_write(b, &c->systems[i]);
    if (c->n_systems)
        buf_addc(b, " </cpix:DRMSystemList>\n");
    periods_write(b, c);
    buf_addc(b, " <cpix:ContentKeyUsageRuleList>\n");
    for (size_t i = 0; i < c->n_keys; i++)
        if (c->keys[i].classes)
            rule_write(b, c, &c->keys[i]);
    buf_addc(b, " </cpix:ContentKeyUsageRuleList>\n</cpix:CPIX>\n");
    return b->failed ? err_set(reterr, ERR_LIMIT, "a document of keys over %zu bytes", b->max) : 0;
}

int cpix_write(const struct cpix *c, enum cpix_form form, struct str certificate, struct buf *out, struct err *reterr) {
    scoped(buf_done) struct buf der = BUF(64 << 10);
    struct seal seal;
    int rc = 0;
    if (form == CPIX_SEALED || certificate.n)
        rc = seal_certificate(certificate, &der, reterr);
    if (rc == 0 && form == CPIX_SEALED)
        rc = seal_new(&seal, reterr);
    if (rc)
        return rc;
    buf_addc(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<cpix:CPIX contentId=\"");
    buf_xml(out, c->content_id);
    buf_addc(out, "\" version=\"2.3\" xmlns:cpix=\"" CPIX_NS "\" xmlns:pskc=\"urn:ietf:params:xml:ns:keyprov:pskc\"");
    if (der.n)
        buf_addc(out, " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" xmlns:enc=\"http://www.w3.org/2001/04/xmlenc#\"");
    buf_addc(out, ">\n");
    const struct seal *with = form == CPIX_SEALED ? &seal : NULL;
    if (der.n && form != CPIX_PLAIN)
        rc = delivery_write(out, &der, with, reterr);
    if (rc == 0)
        rc = lists_write(c, form, with, out, reterr);
    explicit_bzero(&seal, sizeof seal);
    return rc;
}
