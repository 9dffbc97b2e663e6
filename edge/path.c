/*
 * path.c - one spelling for each thing: no leading zeros, no lower-case ids, nothing after the
 * name. What is accepted here becomes a file name, so only these characters ever get that far.
 */
#include "path.h"
#include "index_cache.h"

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
static bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

static bool is_asset(struct str s) {
    if (s.n != 26 || s.p[0] > '7')
        return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool upper = c >= 'A' && c <= 'Z' && c != 'I' && c != 'L' && c != 'O' && c != 'U';
        if (!is_digit(c) && !upper)
            return false;
    }
    return true;
}

static bool is_view(struct str s) {
    if (s.n < 1 || s.n > 64 || s.p[0] == '.')
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!is_digit(s.p[i]) && !is_lower(s.p[i]) && s.p[i] != '.' && s.p[i] != '-')
            return false;
    return true;
}

static bool is_track(struct str s) {
    if (s.n < 2 || s.n > 7 || !is_lower(s.p[0]) || s.p[1] == '0') /* subtitles are numbered on with every change */
        return false;
    for (size_t i = 1; i < s.n; i++)
        if (!is_digit(s.p[i]))
            return false;
    return true;
}

static bool number_read(struct str s, uint32_t *ret) {
    uint64_t v;
    if (s.n < 1 || s.n > 9 || (s.n > 1 && s.p[0] == '0') || !str_to_u64(s, &v))
        return false;
    *ret = (uint32_t)v;
    return true;
}

static bool segment_read(struct media_path *p, struct str file) {
    static const struct {
        struct str text;
        enum path_suffix suffix;
    } suffixes[] = {
        {{".m4s", 4}, SUFFIX_M4S}, {{".vtt", 4}, SUFFIX_VTT}, {{".jpg", 4}, SUFFIX_JPG}};
    if (str_eq(file, STR("init.mp4"))) {
        p->n = INDEX_INIT;
        p->suffix = SUFFIX_MP4;
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++)
        if (str_ends(file, suffixes[i].text)) {
            p->suffix = suffixes[i].suffix;
            return number_read(str_slice(file, 0, file.n - suffixes[i].text.n), &p->n);
        }
    return false;
}

static bool is_manifest(struct str name) {
    if (str_eq(name, STR("main.m3u8")) || str_eq(name, STR("main.mpd")))
        return true;
    if (!str_ends(name, STR(".m3u8")))
        return false;
    name.n -= 5;
    if (str_ends(name, STR(".iframes")))
        name.n -= 8;
    return is_track(name);
}

struct media_path media_path_parse(struct str uri, struct str prefix) {
    struct media_path p = {.kind = PATH_NONE};
    if (!str_starts(uri, prefix))
        return p;
    struct str rest = str_slice(uri, prefix.n, uri.n);
    ptrdiff_t slash = str_index(rest, '/');
    p.token = slash < 0 ? rest : str_slice(rest, 0, (size_t)slash);
    p.after = slash < 0 ? str_slice(rest, rest.n, rest.n) : str_slice(rest, (size_t)slash, rest.n);
    if (p.after.n == 0)
        return p;
    rest = str_cut(str_slice(p.after, 1, p.after.n), '/', &p.asset);
    rest = str_cut(rest, '/', &p.view);
    if (!is_asset(p.asset) || !is_view(p.view) || rest.n == 0)
        return p;
    struct str file = str_cut(rest, '/', &p.track);
    if (file.p == NULL) {
        p.manifest = p.track;
        p.track = STR_NULL;
        p.kind = is_manifest(p.manifest) ? PATH_MANIFEST : PATH_NONE;
    } else if (is_track(p.track) && segment_read(&p, file)) {
        p.kind = PATH_SEGMENT;
    }
    return p;
}
