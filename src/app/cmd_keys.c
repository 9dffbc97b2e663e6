/* cmd_keys.c - "matinee keys": a new key for the tokens in playback addresses (what plays goes on: its tokens are valid with the key
 * before, to their end); and an asset's content keys as a CPIX document, for another house's licence server. */
#include "app/node.h"
#include "base/arena.h"
#include "engine/audit/audit.h"
#include "media/cpix/cpix.h"
#include "service/catalog/catalog.h"
#include "service/delivery/delivery.h"
#include "service/keys/keys.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

static int keys_rotate(struct node *n, struct cli *cli, struct err *reterr) {
    int r;
    STORE_RETRY(r, reterr, delivery_keys_rotate(&n->engine, reterr));
    if (r < 0)
        return r;
    if (cli_has(cli, "json"))
        printf("{\"settled_after_s\":%lld,\"old_until_s\":%lld}\n", DELIVERY_SETTLE_MS / 1000,
               DELIVERY_SESSION_MS / 1000 + DELIVERY_SETTLE_MS / 1000);
    else
        printf("A new key signs what is started from %lld minutes on. What plays now goes on to its "
               "end, %lld hours at most.\n",
               DELIVERY_SETTLE_MS / 60000, DELIVERY_SESSION_MS / 3600000);
    return 0;
}

/* ---- export ---- */

enum { CERTIFICATE_MAX = 64 << 10, SYSTEMS_MAX = CPIX_KEYS_MAX * DRM_SYSTEMS };

/* An asset's id, or the address of a title whose asset it is. */
static int asset_named(const struct engine *e, struct str name, struct arena *a, struct asset_id *ret, struct err *reterr) {
    struct title_card card;
    if (id_parse(name, &ret->v))
        return 0;
    int r = catalog_card_by_slug(e->store, name, STR_NULL, true, a, &card, reterr);
    if (r == 0 && !id_is_set(card.asset.v))
        return err_refuse(reterr, ERR_NOT_FOUND, "keys.no_asset", "Import a film for it first.", "this title has no film");
    if (r == 0)
        *ret = card.asset;
    return r == ERR_NOT_FOUND ? err_refuse(reterr, r, "keys.unknown",
                                           "Give a title as in its address (/title/NAME), or an asset's id.",
                                           "there is no title \"" STR_FMT "\"", STR_ARG(name))
                              : r;
}

/* What the manifests tell the systems of one key. */
static int systems_of_key(const struct asset_desc *d, const struct track_desc *t, struct arena *a, struct drm_data *list, size_t *n,
                          struct err *reterr) {
    for (size_t k = 0; k < *n; k++)
        if (memcmp(list[k].kid, t->kid, sizeof t->kid) == 0)
            return 0;
    for (enum drm_system s = 0; s < DRM_SYSTEMS; s++) {
        scoped(buf_done) struct buf b = BUF(DRM_PSSH_MAX);
        if (!drm_signalled(d, s) || *n == SYSTEMS_MAX)
            continue;
        struct drm_data *one = &list[(*n)++];
        *one = (struct drm_data){.system = s};
        memcpy(one->kid, t->kid, sizeof one->kid);
        if (s == DRM_FAIRPLAY)
            drm_skd_write(&b, d, t);
        else
            drm_pssh_write(&b, d, t, s);
        struct str text = b.failed ? STR_NULL : str_dup(a, buf_str(&b));
        if (!text.p)
            return err_set(reterr, ERR_NO_MEMORY, "no memory for what systems are told");
        *(s == DRM_FAIRPLAY ? &one->uri : &one->pssh) = text;
    }
    return 0;
}

static int systems_gather(const struct asset_desc *d, struct arena *a, struct drm_data *list, size_t *ret_n, struct err *reterr) {
    int r = 0;
    *ret_n = 0;
    for (size_t i = 0; i < d->n_tracks; i++)
        for (uint32_t period = 0; period <= d->tracks[i].n_later_kids && d->tracks[i].key_class != KEY_NONE && r == 0; period++) {
            struct track_desc t = d->tracks[i];
            memcpy(t.kid, track_kid(&d->tracks[i], period), sizeof t.kid);
            r = systems_of_key(d, &t, a, list, ret_n, reterr);
        }
    return r;
}

static int keys_gather(const struct engine *e, struct asset_id asset, struct arena *a, struct cpix *c, struct err *reterr) {
    struct content_key *keys;
    size_t n;
    int r = keys_list(e, asset, a, &keys, &n, reterr);
    if (r < 0)
        return r;
    if (!n || n > CPIX_KEYS_MAX)
        r = err_refuse(reterr, ERR_NOT_FOUND, "keys.none", "A clear asset has none.", "%zu keys of asset " ID_FMT, n, ID_ARG(asset.v));
    for (size_t i = 0; i < n; i++) {
        if (r == 0) {
            struct cpix_key *k = &c->keys[c->n_keys++];
            *k = (struct cpix_key){.has_key = true, .classes = keys[i].classes};
            memcpy(k->kid, keys[i].kid, sizeof k->kid);
            memcpy(k->key, keys[i].key, sizeof k->key);
            memcpy(k->label, keys[i].track, sizeof k->label);
            k->period = keys[i].period;
            c->n_periods = MAX(c->n_periods, k->period + 1);
        }
        keys_wipe(&keys[i]);
    }
    return r;
}

static int document_make(const struct engine *e, struct asset_id asset, struct str certificate, struct arena *a, struct buf *out,
                         struct err *reterr) {
    scoped(delivery_asset_put) struct loaded_asset *loaded = NULL;
    struct drm_data *systems = arena_news(a, struct drm_data, SYSTEMS_MAX);
    struct cpix c = {.content_id = id_str(&asset.v), .systems = systems};
    int r = systems ? delivery_asset_get(e, asset, (struct asset_form){0}, &loaded, reterr) : err_set(reterr, ERR_NO_MEMORY, "no memory for a document");
    if (r == 0)
        r = systems_gather(&loaded->desc, a, systems, &c.n_systems, reterr);
    if (r == 0)
        r = keys_gather(e, asset, a, &c, reterr);
    if (r == 0) {
        c.scheme = loaded->desc.scheme;
        r = cpix_write(&c, certificate.p ? CPIX_SEALED : CPIX_PLAIN, certificate, out, reterr);
    }
    cpix_wipe(&c);
    return r;
}

static int keys_export(struct node *n, struct cli *cli, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    scoped(buf_done) struct buf out = BUF(CPIX_MAX);
    struct str certificate = STR_NULL;
    struct asset_id asset = {{""}};
    const char *to = cli_get(cli, "to");
    int r = to ? file_read(to, CERTIFICATE_MAX, &a, &certificate, reterr) : 0;
    if (r >= 0)
        r = asset_named(&n->engine, str_of(cli->argv[1]), &a, &asset, reterr);
    if (r < 0)
        return r;
    /* Keys that leave the house are in its record, whoever they are sealed to. */
    struct audit_entry audit = {.role = STR("command"), .action = STR("command keys export"), .target = id_str(&asset.v)};
    audit_open(&audit, n->engine.store);
    r = document_make(&n->engine, asset, certificate, &a, &out, reterr);
    int closed = audit_close(&audit, r >= 0, r >= 0 ? reterr : NULL);
    if (r >= 0)
        r = closed;
    if (r >= 0 && (fwrite(out.p, 1, out.n, stdout) != out.n || fflush(stdout) != 0))
        r = err_errno(reterr, errno, "writing the document");
    if (out.p)
        explicit_bzero(out.p, out.n);
    return r;
}

int cmd_keys(struct cli *cli, struct err *reterr) {
    struct node n;
    bool rotate = strcmp(cli->argv[0], "rotate") == 0, export = strcmp(cli->argv[0], "export") == 0;
    if (!rotate && !export)
        return usage_error(cli, reterr, "keys can be rotated or exported, not \"%s\"", cli->argv[0]);
    if (cli->argc != (rotate ? 1 : 2))
        return usage_error(cli, reterr, rotate ? "keys rotate takes nothing else" : "keys export wants one title or asset");
    if (export && !cli_has(cli, "to") && !cli_has(cli, "clear"))
        return usage_error(cli, reterr, "say for whom the keys are to be sealed (--to CERTIFICATE), or --clear");
    int r = node_open(cli, NODE_START, &n, reterr);
    if (r < 0)
        return r;
    r = rotate ? keys_rotate(&n, cli, reterr) : keys_export(&n, cli, reterr);
    node_close(&n);
    return r < 0 ? r : 0;
}
