/*
 * cpix_read.c - a document from outside. libxml2 reads it as a whole (it is at most 1 MiB): as UTF-8, nothing is fetched, and one with a
 * DOCTYPE is refused before it is parsed, so that there are no entities but XML's own. Elements go by their local names in CPIX's
 * namespace, values below them by local names alone: pskc and enc have been spelled in several ways.
 */
#include "media/cpix/cpix_int.h"
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <string.h>

enum { DEPTH_MAX = 16, DELIVERIES_MAX = 32 };

struct reading {
    struct str private_key;
    struct arena *a;
    struct cpix *c;
    struct drm_data *systems;
    struct seal seal;
    bool sealed, opened; /* keys are sealed; the seal was ours */
};

static int malformed(struct err *reterr, const char *why) {
    return err_refuse(reterr, ERR_INVALID, "cpix.malformed", "This is not a CPIX document that keys can be taken from.", "CPIX: %s", why);
}

/* ---- the tree ---- */

static bool named(const xmlNode *n, const char *name) {
    return n->type == XML_ELEMENT_NODE && strcmp((const char *)n->name, name) == 0;
}

static bool cpix_named(const xmlNode *n, const char *name) {
    return named(n, name) && n->ns && n->ns->href && strcmp((const char *)n->ns->href, CPIX_NS) == 0;
}

/* The first below it, at any depth to DEPTH_MAX. */
static xmlNode *find(xmlNode *under, const char *name, int depth) {
    for (xmlNode *n = under && depth ? under->children : NULL; n; n = n->next) {
        if (named(n, name))
            return n;
        xmlNode *deeper = n->type == XML_ELEMENT_NODE ? find(n, name, depth - 1) : NULL;
        if (deeper)
            return deeper;
    }
    return NULL;
}

static xmlNode *child(xmlNode *under, const char *name) {
    for (xmlNode *n = under ? under->children : NULL; n; n = n->next)
        if (cpix_named(n, name))
            return n;
    return NULL;
}

/* Base64 with white space in it; false: none, or not base64. */
static bool bytes_of(xmlNode *n, struct buf *ret) {
    xmlChar *text = n ? xmlNodeGetContent(n) : NULL;
    size_t w = 0;
    for (size_t i = 0; text && text[i]; i++)
        if (!strchr(" \t\r\n", text[i]))
            text[w++] = text[i];
    bool ok = w && buf_unbase64url(ret, str_make((const char *)text, w)) && !ret->failed && ret->n;
    if (text)
        explicit_bzero(text, strlen((const char *)text)); /* it may be a key */
    xmlFree(text);
    return ok;
}

static void secret_done(struct buf *b) {
    if (b->p)
        explicit_bzero(b->p, b->cap);
    buf_done(b);
}

static struct str attribute(const struct reading *r, xmlNode *n, const char *name) {
    xmlChar *text = xmlGetNoNsProp(n, (const xmlChar *)name);
    struct str s = text ? str_dup(r->a, str_trim(str_of((const char *)text))) : STR_NULL;
    xmlFree(text);
    return s;
}

/* A UUID, with its dashes or without. */
static bool uuid_of(struct str s, uint8_t ret[16]) {
    char hex[32];
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '-' && s.n == 36 && (i == 8 || i == 13 || i == 18 || i == 23))
            continue;
        if (n == sizeof hex)
            return false;
        hex[n++] = s.p[i];
    }
    return str_unhex(str_make(hex, n), ret, 16);
}

static int64_t pixels_of(const struct reading *r, xmlNode *n, const char *name) {
    int64_t v = 0;
    return str_to_i64(attribute(r, n, name), &v) && v > 0 ? v : 0;
}

static void quiet(void *arg, const char *fmt, ...) {
}

static xmlDoc *parse(struct str xml) {
    xmlParserCtxt *p = xmlNewParserCtxt();
    if (!p)
        return NULL;
    xmlSetGenericErrorFunc(NULL, quiet); /* of this thread */
    xmlDoc *doc = xmlCtxtReadMemory(p, xml.p, (int)xml.n, NULL, "UTF-8", XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    xmlFreeParserCtxt(p);
    return doc;
}

/* ---- its parts ---- */

/* One of the recipients is us: which, only trying tells. */
static void delivery_read(struct reading *r, xmlNode *root) {
    int tried = 0;
    xmlNode *list = child(root, "DeliveryDataList");
    for (xmlNode *n = list ? list->children : NULL; n && !r->opened && r->private_key.n; n = n->next) {
        scoped(secret_done) struct buf key = BUF(SEAL_WRAPPED_MAX), mac = BUF(SEAL_WRAPPED_MAX);
        xmlNode *of_key = cpix_named(n, "DeliveryData") ? find(child(n, "DocumentKey"), "CipherValue", DEPTH_MAX) : NULL;
        xmlNode *of_mac = of_key ? find(child(n, "MACMethod"), "CipherValue", DEPTH_MAX) : NULL;
        if (tried++ == DELIVERIES_MAX)
            return;
        r->opened = bytes_of(of_key, &key) && bytes_of(of_mac, &mac) && seal_unwrap(r->private_key, &key, r->seal.key, SEAL_KEY) &&
                    seal_unwrap(r->private_key, &mac, r->seal.mac, SEAL_MAC_KEY);
    }
}

static int secret_read(struct reading *r, xmlNode *data, struct cpix_key *k, struct err *reterr) {
    scoped(secret_done) struct buf value = BUF(256), mac = BUF(256);
    xmlNode *plain = find(data, "PlainValue", DEPTH_MAX), *sealed = find(data, "CipherValue", DEPTH_MAX);
    if (plain) {
        if (!bytes_of(plain, &value) || value.n != 16)
            return malformed(reterr, "a key is not 16 bytes of base64");
        memcpy(k->key, value.p, 16);
        k->has_key = true;
    } else if (sealed) {
        r->sealed = true;
        if (!bytes_of(sealed, &value) || !bytes_of(find(data, "ValueMAC", DEPTH_MAX), &mac))
            return malformed(reterr, "a sealed key without its bytes or its MAC");
        k->has_key = r->opened && seal_open(&r->seal, &value, &mac, k->key);
        if (r->opened && !k->has_key)
            return err_refuse(reterr, ERR_INVALID, "cpix.unsealable", "A key in the document was changed on its way; ask for it again.",
                              "a sealed key's MAC is not right");
    }
    return 0;
}

static int key_read(struct reading *r, xmlNode *n, struct err *reterr) {
    struct cpix *c = r->c;
    if (c->n_keys == CPIX_KEYS_MAX)
        return malformed(reterr, "more than 32 keys");
    struct cpix_key *k = &c->keys[c->n_keys];
    if (!uuid_of(attribute(r, n, "kid"), k->kid))
        return malformed(reterr, "a kid is not a UUID");
    for (size_t i = 0; i < c->n_keys; i++)
        if (memcmp(c->keys[i].kid, k->kid, 16) == 0)
            return malformed(reterr, "a kid stands twice");
    c->n_keys++;
    struct str scheme = attribute(r, n, "commonEncryptionScheme");
    for (int s = SCHEME_CENC; s <= SCHEME_CBCS; s++)
        if (str_eq(scheme, str_of(scheme_names[s])))
            c->scheme = (enum scheme)s;
    return secret_read(r, child(n, "Data"), k, reterr);
}

static struct cpix_key *key_of(struct cpix *c, const uint8_t kid[16]) {
    for (size_t i = 0; i < c->n_keys; i++)
        if (memcmp(c->keys[i].kid, kid, 16) == 0)
            return &c->keys[i];
    return NULL;
}

static int rule_read(struct reading *r, xmlNode *n, struct err *reterr) {
    uint8_t kid[16];
    struct cpix_key *k = uuid_of(attribute(r, n, "kid"), kid) ? key_of(r->c, kid) : NULL;
    struct str type = attribute(r, n, "intendedTrackType");
    bool filters = false;
    if (!k)
        return malformed(reterr, "a rule for a key that is not in the document");
    k->track_type = type;
    for (xmlNode *f = n->children; f; f = f->next) {
        bool audio = cpix_named(f, "AudioFilter"), video = cpix_named(f, "VideoFilter");
        if (!audio && !video)
            continue;
        filters = true;
        k->classes |= rule_classes(type, audio, video, pixels_of(r, f, "minPixels"), pixels_of(r, f, "maxPixels"));
    }
    if (!filters)
        k->classes |= rule_classes(type, false, false, 0, 0);
    return 0;
}

/* The address in a line for playlists: URI="skd://...". */
static bool line_uri(struct reading *r, xmlNode *n, struct drm_data *d) {
    scoped(buf_done) struct buf line = BUF(8 << 10);
    struct str uri, mark = STR("URI=\"");
    if (!bytes_of(n, &line))
        return false;
    ptrdiff_t at = str_find(buf_str(&line), mark);
    if (at < 0)
        return false;
    str_cut(str_slice(buf_str(&line), (size_t)at + mark.n, SIZE_MAX), '"', &uri);
    d->uri = drm_uri_ok(uri) ? str_dup(r->a, uri) : STR_NULL;
    return d->uri.n;
}

static bool fairplay_read(struct reading *r, xmlNode *n, struct drm_data *d) {
    scoped(buf_done) struct buf uri = BUF(DRM_URI_MAX);
    if (bytes_of(child(n, "URIExtXKey"), &uri)) {
        d->uri = drm_uri_ok(buf_str(&uri)) ? str_dup(r->a, buf_str(&uri)) : STR_NULL;
        return d->uri.n;
    }
    return line_uri(r, child(n, "HLSSignalingData"), d);
}

/* The box in what is meant for an MPD (pieces of XML, without a root or the names of their namespaces): itself, or made of PlayReady's object. */
static bool fragment_box(xmlNode *n, enum drm_system s, struct buf *box) {
    scoped(buf_done) struct buf xml = BUF(4 * DRM_PSSH_MAX), pro = BUF(DRM_PSSH_MAX);
    buf_addc(&xml, "<data xmlns:cenc=\"urn:mpeg:cenc:2013\" xmlns:mspr=\"urn:microsoft:playready\">");
    if (!bytes_of(n, &xml) || str_find(buf_str(&xml), STR("<!DOCTYPE")) >= 0)
        return false;
    buf_addc(&xml, "</data>");
    xmlDoc *doc = xml.failed || !str_is_utf8(buf_str(&xml)) ? NULL : parse(buf_str(&xml));
    xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
    bool ok = root && bytes_of(find(root, "pssh", DEPTH_MAX), box);
    if (root && !ok && s == DRM_PLAYREADY && bytes_of(find(root, "pro", DEPTH_MAX), &pro)) {
        drm_pssh_wrap(box, s, buf_str(&pro));
        ok = !box->failed;
    }
    xmlFreeDoc(doc);
    return ok;
}

static bool is_empty(xmlNode *n) {
    xmlChar *text = n ? xmlNodeGetContent(n) : NULL;
    bool empty = !text || !str_trim(str_of((const char *)text)).n;
    xmlFree(text);
    return empty;
}

static bool pssh_read(struct reading *r, xmlNode *n, struct drm_data *d) {
    scoped(buf_done) struct buf box = BUF(DRM_PSSH_MAX);
    uint8_t id[16];
    struct str data;
    xmlNode *whole = child(n, "PSSH");
    bool have = is_empty(whole) ? fragment_box(child(n, "ContentProtectionData"), d->system, &box) : bytes_of(whole, &box);
    if (!have || !drm_pssh_read(buf_str(&box), id, &data) || drm_by_id(id) != (int)d->system)
        return false;
    d->pssh = str_dup(r->a, buf_str(&box));
    return d->pssh.n;
}

/* Of systems that we don't know nothing is kept; of ours what is there has to be right. */
static int system_read(struct reading *r, xmlNode *n, struct err *reterr) {
    uint8_t id[16];
    struct drm_data d = {.system = DRM_WIDEVINE};
    if (!uuid_of(attribute(r, n, "systemId"), id) || !uuid_of(attribute(r, n, "kid"), d.kid) || !key_of(r->c, d.kid))
        return malformed(reterr, "a DRM system without its id, or for a key that is not in the document");
    int s = drm_by_id(id);
    if (s < 0)
        return 0;
    d.system = (enum drm_system)s;
    bool fairplay = s == DRM_FAIRPLAY;
    bool empty = is_empty(child(n, fairplay ? "URIExtXKey" : "PSSH")) && is_empty(child(n, fairplay ? "HLSSignalingData" : "ContentProtectionData"));
    if (!empty && !(s == DRM_FAIRPLAY ? fairplay_read(r, n, &d) : pssh_read(r, n, &d)))
        return malformed(reterr, "data of a DRM system that is not what the system has");
    if (r->c->n_systems == DRM_DATA_MAX)
        return malformed(reterr, "more data of DRM systems than classes of keys have");
    r->systems[r->c->n_systems++] = d;
    return 0;
}

static int list_read(struct reading *r, xmlNode *root, const char *list, const char *item,
                     int (*one)(struct reading *, xmlNode *, struct err *), struct err *reterr) {
    xmlNode *under = child(root, list);
    for (xmlNode *n = under ? under->children : NULL; n; n = n->next) {
        int rc = cpix_named(n, item) ? one(r, n, reterr) : 0;
        if (rc)
            return rc;
    }
    return 0;
}

static int document_read(struct reading *r, xmlNode *root, struct err *reterr) {
    if (!root || !cpix_named(root, "CPIX"))
        return malformed(reterr, "no CPIX element");
    r->systems = arena_news(r->a, struct drm_data, DRM_DATA_MAX);
    if (!r->systems)
        return err_set(reterr, ERR_LIMIT, "a document of keys does not fit");
    r->c->systems = r->systems;
    r->c->content_id = attribute(r, root, "contentId");
    delivery_read(r, root);
    int rc = list_read(r, root, "ContentKeyList", "ContentKey", key_read, reterr);
    if (rc == 0 && r->sealed && !r->opened)
        rc = r->private_key.n ? err_refuse(reterr, ERR_INVALID, "cpix.unsealable", "The keys are sealed to another certificate than this private key's.",
                                           "a document sealed to somebody else")
                              : err_refuse(reterr, ERR_INVALID, "cpix.sealed", "The keys are sealed: give the private key of the certificate too.",
                                           "a sealed document and no private key");
    if (rc == 0)
        rc = list_read(r, root, "DRMSystemList", "DRMSystem", system_read, reterr);
    if (rc == 0)
        rc = list_read(r, root, "ContentKeyUsageRuleList", "ContentKeyUsageRule", rule_read, reterr);
    if (rc == 0 && r->a->failed)
        rc = err_set(reterr, ERR_LIMIT, "a document of keys does not fit");
    return rc;
}

int cpix_read(struct str xml, struct str private_key, struct arena *a, struct cpix *ret, struct err *reterr) {
    struct reading r = {.private_key = private_key, .a = a, .c = ret};
    *ret = (struct cpix){.n_keys = 0};
    if (xml.n > CPIX_MAX)
        return err_refuse(reterr, ERR_INVALID, "cpix.too_large", "A CPIX document may have 1 MiB.", "a document of %zu bytes", xml.n);
    if (!xml.n || !str_is_utf8(xml) || str_find(xml, STR("<!DOCTYPE")) >= 0)
        return malformed(reterr, "not UTF-8, or with a DOCTYPE");
    xmlDoc *doc = parse(xml);
    int rc = doc && !doc->intSubset ? document_read(&r, xmlDocGetRootElement(doc), reterr) : malformed(reterr, "not well-formed");
    xmlFreeDoc(doc);
    explicit_bzero(&r.seal, sizeof r.seal);
    if (rc)
        cpix_wipe(ret);
    return rc;
}
