/*
 * theme.c - the look. The viewer's screens are drawn with a sheet of custom properties (web/viewer styles/tokens.css);
 * the theme replaces some of them. What it replaces is worked out here from three colours, so that no choice of an
 * editor can make a screen that cannot be read: pairs below AA are refused, with the figure.
 */
#include "service/storefront/theme.h"
#include "service/json.h"
#include <math.h>

static const struct {
    const char *name, *stack;
} fonts[] = {
    {"inter", "'Inter Variable', system-ui, -apple-system, 'Segoe UI', sans-serif"},
    {"system", "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"},
    {"serif", "'Iowan Old Style', 'Palatino Linotype', Palatino, Georgia, serif"},
    {"rounded", "ui-rounded, 'SF Pro Rounded', Nunito, 'Segoe UI', system-ui, sans-serif"},
};
static const struct {
    const char *name, *small, *large;
} corners[] = {{"square", "0", "0"}, {"soft", "6px", "12px"}, {"round", "14px", "24px"}};

/* How much of the text's colour is in each surface, as tokens.css has them by hand. */
static const double surfaces[] = {0.04, 0.08, 0.13};
/* Text that is set back: --text-2 and --text-3 are the text at this opacity. */
#define TEXT_2 0.72
#define TEXT_3 0.56
#define AA 4.5

static double linear(uint32_t channel) {
    double c = (double)(channel & 0xFF) / 255;
    return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double luminance(uint32_t c) {
    return 0.2126 * linear(c >> 16) + 0.7152 * linear(c >> 8) + 0.0722 * linear(c);
}

double colour_contrast(uint32_t a, uint32_t b) {
    double x = luminance(a), y = luminance(b);
    return (fmax(x, y) + 0.05) / (fmin(x, y) + 0.05);
}

uint32_t colour_mix(uint32_t a, uint32_t b, double share) {
    uint32_t out = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
        double x = (double)(a >> shift & 0xFF), y = (double)(b >> shift & 0xFF);
        out |= (uint32_t)lround(x + (y - x) * share) << shift;
    }
    return out;
}

bool colour_parse(struct str s, uint32_t *ret) {
    uint8_t rgb[3];
    if (s.n != 7 || s.p[0] != '#' || !str_unhex(str_slice(s, 1, 7), rgb, 3))
        return false;
    *ret = (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2];
    return true;
}

uint32_t theme_accent_ink(const struct theme *t) {
    return colour_contrast(t->accent, 0x000000) >= colour_contrast(t->accent, 0xFFFFFF) ? 0x000000 : 0xFFFFFF;
}

const char *theme_fault(const struct theme *t, const char **ret_field, char *dst, size_t cap) {
    uint32_t high = colour_mix(t->ground, t->text, surfaces[1]); /* where text is set back and accents stand */
    const struct {
        const char *field, *what;
        double ratio, needed;
    } pairs[] = {
        {"text", "Text on its ground", colour_contrast(t->text, t->ground), 7},
        {"text", "Text that is set back", colour_contrast(colour_mix(high, t->text, TEXT_3), high), AA},
        {"accent", "The accent on the ground", colour_contrast(t->accent, high), AA},
    };
    if (luminance(t->ground) > 0.18) {
        *ret_field = "ground";
        snprintf(dst, cap, "Choose a darker ground: films are watched in the dark, and pictures stand on it.");
        return dst;
    }
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        if (pairs[i].ratio >= pairs[i].needed)
            continue;
        *ret_field = pairs[i].field;
        snprintf(dst, cap, "%s has a contrast of %.1f to 1, and %.1f is needed to be read well.", pairs[i].what,
                 floor(pairs[i].ratio * 10) / 10, pairs[i].needed);
        return dst;
    }
    return NULL;
}

static void property(struct buf *b, const char *name, uint32_t c) {
    buf_addf(b, "--%s:#%06x;", name, (unsigned)c);
}

/* For rgb(var(--x) / 50%). */
static void triple(struct buf *b, const char *name, uint32_t c) {
    buf_addf(b, "--%s:%u %u %u;", name, (unsigned)(c >> 16 & 0xFF), (unsigned)(c >> 8 & 0xFF), (unsigned)(c & 0xFF));
}

/* A CSS string (CSS Syntax 3, section 4.3.5). Names are one line without controls (routes.c). */
static void quoted(struct buf *b, struct str s) {
    buf_byte(b, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"' || s.p[i] == '\\')
            buf_byte(b, '\\');
        buf_byte(b, (uint8_t)s.p[i]);
    }
    buf_byte(b, '"');
}

/* Twice :root, so that it counts more than the application's own sheet, whichever comes first. */
void theme_css(const struct theme *t, struct buf *b) {
    if (!t->revision) {
        buf_addc(b, "/* the house's own look */\n");
        return;
    }
    buf_addc(b, ":root:root{");
    property(b, "ground", t->ground);
    triple(b, "ground-rgb", t->ground);
    for (int i = 0; i < 3; i++) {
        char name[16];
        snprintf(name, sizeof name, "surface-%d", i + 1);
        property(b, name, colour_mix(t->ground, t->text, surfaces[i]));
    }
    triple(b, "text-rgb", t->text);
    property(b, "accent", t->accent);
    property(b, "accent-press", colour_mix(t->accent, 0xFFFFFF, 0.22));
    property(b, "accent-ink", theme_accent_ink(t));
    for (size_t i = 0; i < ARRAY_LEN(fonts); i++)
        if (strcmp(fonts[i].name, t->font) == 0)
            buf_addf(b, "--font:%s;", fonts[i].stack);
    for (size_t i = 0; i < ARRAY_LEN(corners); i++)
        if (strcmp(corners[i].name, t->corners) == 0)
            buf_addf(b, "--radius:%s;--radius-l:%s;", corners[i].small, corners[i].large);
    buf_addc(b, "--brand-name:");
    quoted(b, t->name);
    buf_byte(b, ';');
    if (t->logo) {
        struct str file = json_get_str(t->logo, "name"); /* made by us: nothing in it to escape */
        int64_t w = json_get_int(t->logo, "width", 1), h = json_get_int(t->logo, "height", 1);
        buf_addf(b, "--brand-logo:url(/art/" STR_FMT ");--brand-logo-ratio:%lld/%lld;", STR_ARG(file),
                 (long long)w, (long long)h);
    }
    buf_addc(b, "}\n");
}
