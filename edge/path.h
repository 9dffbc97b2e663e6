/*
 * path.h - what a delivery path names: /m/<token>/<asset>/<view>/<rest>. Text in, names out;
 * nothing of nginx and nothing of files.
 */
#pragma once
#include "base/str.h"

enum path_kind { PATH_NONE, PATH_SEGMENT, PATH_MANIFEST };
enum path_suffix { SUFFIX_MP4, SUFFIX_M4S, SUFFIX_VTT, SUFFIX_JPG };

struct media_path {
    struct str token; /* not looked at; may be empty */
    struct str after; /* "/<asset>/...": what catu is matched against */
    enum path_kind kind;
    struct str asset, view;
    struct str track;        /* PATH_SEGMENT */
    uint32_t n;              /* PATH_SEGMENT; INDEX_INIT for init.mp4 */
    enum path_suffix suffix; /* PATH_SEGMENT */
    struct str manifest;     /* PATH_MANIFEST: "main.mpd", "v1.iframes.m3u8" */
};

/* uri: decoded and without dots, as nginx gives it. Token and after are always set; kind stays
 * PATH_NONE for whatever is not exactly one of our names. Borrows from uri. */
struct media_path media_path_parse(struct str uri, struct str prefix);
