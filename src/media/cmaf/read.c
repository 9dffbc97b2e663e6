/* read.c - see read.h. A segment is read and decrypted whole, then its samples are told. */
#include "media/cmaf/read.h"
#include "media/cmaf/traf.h"
#include <string.h>

enum { INIT_MAX = 1 << 20, VIDEO_ENTRY = 78, SOUND_ENTRY = 28 };

struct cmaf_reader {
    int fd;
    struct index_header h;
    struct index_extent *extents;
    uint8_t *init;
    bool is_protected;
    struct cenc_params params;
    struct cenc_key keys[KEY_PERIODS_MAX];
    size_t n_keys;
    uint32_t at;           /* the next segment */
    uint8_t *segment;
    size_t n, box;         /* of the segment; where its next box begins */
    struct cmaf_traf traf; /* of the fragment that is being told */
    uint32_t left;         /* of its samples */
    size_t data;           /* where the next one's bytes lie */
    int64_t dts;
    bool begins;
};

static int reader_open(struct cmaf_reader *r, int idx_fd, struct err *reterr) {
    if (index_read_header(idx_fd, &r->h) < 0)
        return err_set(reterr, ERR_BAD_MEDIA, "the index of a track does not verify");
    r->extents = calloc(MAX(r->h.count, 1u), sizeof *r->extents);
    r->init = malloc(MAX(r->h.init_length, 1u));
    if (!r->extents || !r->init || r->h.init_length > INIT_MAX)
        return err_set(reterr, ERR_NO_MEMORY, "a track");
    if (index_read_extents(idx_fd, &r->h, r->extents) < 0)
        return err_set(reterr, ERR_BAD_MEDIA, "the index of a track does not verify");
    if (!cmaf_bytes_read(r->fd, r->init, r->h.init_length, (int64_t)r->h.init_offset))
        return err_set(reterr, ERR_BAD_MEDIA, "a track file is shorter than its index");
    int rc = cmaf_init_protection(r->init, r->h.init_length, &r->params, reterr);
    r->is_protected = rc > 0;
    return MIN(rc, 0);
}

int cmaf_reader_new(int fd, int idx_fd, const struct cenc_key *keys, size_t n_keys, struct cmaf_reader **ret, struct err *reterr) {
    scoped(cmaf_reader_freep) struct cmaf_reader *r = calloc(1, sizeof *r);
    if (!r || n_keys > KEY_PERIODS_MAX)
        return err_set(reterr, ERR_NO_MEMORY, "a track");
    r->fd = fd;
    r->n_keys = n_keys;
    memcpy(r->keys, keys, n_keys * sizeof *keys);
    int rc = reader_open(r, idx_fd, reterr);
    if (rc >= 0)
        *ret = take(r);
    return rc;
}

void cmaf_reader_free(struct cmaf_reader *r) {
    if (!r)
        return;
    free(r->extents);
    free(r->init);
    free(r->segment);
    explicit_bzero(r, sizeof *r);
    free(r);
}

void cmaf_reader_freep(struct cmaf_reader **r) {
    cmaf_reader_free(*r);
    *r = NULL;
}

int cmaf_reader_permille(const struct cmaf_reader *r) { return r->h.count ? (int)((uint64_t)r->at * 1000 / r->h.count) : 1000; }

/* ---- what init says ---- */

/* DecoderSpecificInfo, three descriptors deep (14496-1 7.2.6); ours have lengths of four bytes, others' may have fewer. */
static bool esds_config(struct box esds, const uint8_t **ret, size_t *ret_n) {
    struct cursor c = cursor_body(esds);
    cursor_bytes(&c, 4);
    while (!c.failed && c.n > 0) {
        uint8_t tag = *cursor_bytes(&c, 1), byte;
        size_t n = 0, i = 0;
        do {
            byte = *cursor_bytes(&c, 1);
            n = n << 7 | (byte & 127);
        } while (byte & 128 && ++i < 4);
        if (tag == 5 && n <= c.n) {
            *ret = c.p, *ret_n = n;
            return !c.failed;
        }
        cursor_bytes(&c, tag == 3 ? 3 : tag == 4 ? 13 : MIN(n, (size_t)64));
    }
    return false;
}

static const struct {
    const char *entry, *config;
    enum cmaf_codec codec;
} entries[] = {{"avc1", "avcC", CMAF_H264}, {"hvc1", "hvcC", CMAF_HEVC}, {"av01", "av1C", CMAF_AV1},
             {"mp4a", "esds", CMAF_AAC},  {"Opus", "dOps", CMAF_OPUS}, {"ec-3", "dec3", CMAF_EAC3}};

static bool entry_read(const uint8_t *init, size_t n, struct box *ret, uint32_t *ret_type, bool *ret_video) {
    static const char *const path[] = {"moov", "trak", "mdia", "minf", "stbl", "stsd"};
    struct box b, frma, sinf;
    for (size_t i = 0; i < ARRAY_LEN(path); i++) {
        if (!box_find(init, n, path[i], &b))
            return false;
        init = b.p + b.header, n = b.size - b.header;
    }
    if (n < 8 || !box_read(init + 8, n - 8, ret))
        return false;
    *ret_type = ret->type;
    static const char *const pictures[] = {"encv", "avc1", "hvc1", "av01"};
    *ret_video = false;
    for (size_t i = 0; i < ARRAY_LEN(pictures); i++)
        *ret_video |= ret->type == box_fourcc(pictures[i]);
    size_t fixed = ret->header + (*ret_video ? VIDEO_ENTRY : SOUND_ENTRY);
    if (ret->size < fixed)
        return false;
    ret->p += fixed, ret->size -= fixed, ret->header = 0; /* its boxes from here on */
    if (box_find(ret->p, ret->size, "sinf", &sinf)) {
        if (!box_find(sinf.p + sinf.header, sinf.size - sinf.header, "frma", &frma) || frma.size < frma.header + 4)
            return false;
        *ret_type = get_be32(frma.p + frma.header);
    }
    return true;
}

int cmaf_reader_format(const struct cmaf_reader *r, const struct track_desc *t, struct cmaf_format *ret, struct err *reterr) {
    struct box entry, config;
    uint32_t type;
    bool video;
    if (!entry_read(r->init, r->h.init_length, &entry, &type, &video))
        return err_set(reterr, ERR_BAD_MEDIA, "the head of a track has no sample entry");
    for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
        if (type != box_fourcc(entries[i].entry) || !box_find(entry.p, entry.size, entries[i].config, &config))
            continue;
        *ret = (struct cmaf_format){.codec = entries[i].codec, .timescale = r->h.timescale, .width = t->width, .height = t->height,
                                    .fps = t->fps, .channels = t->channels, .sample_rate = t->sample_rate, .edit_start = t->edit_start,
                                    .extra = config.p + config.header, .n_extra = config.size - config.header, .lang = t->lang,
                                    .segment = {r->h.count ? MAX(r->extents[0].duration, 1) : 1, r->h.timescale},
                                    .expect_duration = t->kind == TRACK_AUDIO ? t->duration : 0, .cut_here = true};
        if (entries[i].codec == CMAF_AAC && !esds_config(config, &ret->extra, &ret->n_extra))
            break;
        return 0;
    }
    return err_set(reterr, ERR_BAD_MEDIA, "a track of a codec that is not read here");
}

/* ---- samples ---- */

static int segment_next(struct cmaf_reader *r, struct err *reterr) {
    const struct index_extent *e = &r->extents[r->at++];
    free(r->segment);
    r->n = e->length, r->box = 0, r->begins = true;
    r->segment = malloc(MAX(r->n, 1u));
    if (!r->segment)
        return err_set(reterr, ERR_NO_MEMORY, "a segment");
    if (!cmaf_bytes_read(r->fd, r->segment, r->n, (int64_t)e->offset))
        return err_set(reterr, ERR_BAD_MEDIA, "a track file is shorter than its index");
    return r->is_protected ? cmaf_segment_decrypt_keys(r->segment, r->n, &r->params, r->keys, r->n_keys, reterr) : 0;
}

/* 1: there is one; 0: the segment has no more. */
static int fragment_next(struct cmaf_reader *r, struct err *reterr) {
    struct box b;
    for (; r->box < r->n; r->box += b.size) {
        if (!box_read(r->segment + r->box, r->n - r->box, &b))
            return cmaf_broken(reterr, "a box does not fit");
        if (b.type != box_fourcc("moof"))
            continue;
        int rc = cmaf_traf_read(b, &r->traf, reterr);
        if (rc < 0)
            return rc;
        if (r->traf.data_offset > r->n - r->box)
            return cmaf_broken(reterr, "data lies past its end");
        r->data = r->box + r->traf.data_offset;
        r->left = r->traf.count;
        r->dts = r->traf.decode_time;
        r->box += b.size;
        return 1;
    }
    return 0;
}

int cmaf_reader_next(struct cmaf_reader *r, struct cmaf_sample *ret, struct err *reterr) {
    struct cmaf_entry e;
    int rc = 0;
    while (r->left == 0) {
        rc = r->segment ? fragment_next(r, reterr) : 0;
        if (rc == 0 && r->at == r->h.count)
            return 0;
        if (rc == 0)
            rc = segment_next(r, reterr);
        if (rc < 0)
            return rc;
    }
    cmaf_traf_next(&r->traf, &e);
    if (r->traf.sizes.failed || e.size > r->n - r->data)
        return cmaf_broken(reterr, "samples go past its end");
    *ret = (struct cmaf_sample){.pts = r->dts + e.offset, .dts = r->dts, .duration = e.duration, .sync = e.sync,
                                .data = r->segment + r->data, .size = e.size, .begins = r->begins,
                                .period = r->extents[r->at - 1].key_period};
    r->begins = false;
    r->left--;
    r->data += e.size;
    r->dts += e.duration;
    return 1;
}
