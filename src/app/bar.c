/* bar.c - a progress bar. */
#include "app/bar.h"
#include "base/clock.h"
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { REDRAW_MS = 100, CELLS_MAX = 30 };

void bar_init(struct bar *b, FILE *out) {
    *b = (struct bar){.out = out, .tty = isatty(fileno(out)), .tenth = -1};
}

static int columns(FILE *out) {
    struct winsize w;
    return ioctl(fileno(out), TIOCGWINSZ, &w) == 0 && w.ws_col > 20 ? w.ws_col : 80;
}

/* Cuts between characters: a name in UTF-8 is wider in bytes than in columns. */
static int utf8_columns(const char *s, int max_columns) {
    int bytes = 0, cols = 0;
    while (s[bytes] && cols < max_columns) {
        bytes++;
        while (((uint8_t)s[bytes] & 0xC0) == 0x80)
            bytes++;
        cols++;
    }
    return bytes;
}

static void rest_make(char *dst, size_t cap, double speed, int64_t eta_ms) {
    int64_t s = eta_ms / 1000;
    char left[32] = "", pace[16] = "";
    if (speed > 0)
        snprintf(pace, sizeof pace, "  %.1fx", speed);
    if (eta_ms >= 3600000)
        snprintf(left, sizeof left, "  %lld:%02d:%02d left", (long long)(s / 3600),
                 (int)(s / 60 % 60), (int)(s % 60));
    else if (eta_ms >= 0)
        snprintf(left, sizeof left, "  %d:%02d left", (int)(s / 60), (int)(s % 60));
    snprintf(dst, cap, "%s%s", pace, left);
}

static void draw_tty(struct bar *b, const char *label, const char *stage, double fraction,
                     const char *rest) {
    static const char full[] = "━", empty[] = "─";
    int width = columns(b->out), cells = CLAMP(width - 60, 8, CELLS_MAX);
    int name = CLAMP(width - cells - 46, 8, 40), done = (int)(fraction * cells + 0.5);
    fprintf(b->out, "\r\033[2K%.*s  ", utf8_columns(label, name), label);
    for (int i = 0; i < cells; i++)
        fputs(i < done ? full : empty, b->out);
    fprintf(b->out, " %3d%%  %s%s", (int)(fraction * 100), stage, rest);
    fflush(b->out);
    b->drawn = true;
}

void bar_draw(struct bar *b, const char *label, const char *stage, double fraction, double speed,
              int64_t eta_ms) {
    char rest[64];
    int64_t now = clock_mono_ns() / 1000000;
    bool changed = strcmp(stage, b->stage) != 0 || strcmp(label, b->label) != 0;
    fraction = CLAMP(fraction, 0.0, 1.0);
    rest_make(rest, sizeof rest, speed, eta_ms);
    if (b->tty) {
        if (changed || now - b->drawn_ms >= REDRAW_MS) {
            draw_tty(b, label, stage, fraction, rest);
            b->drawn_ms = now;
        }
    } else if (changed || (int)(fraction * 10) != b->tenth) {
        fprintf(b->out, "%s: %d%% %s%s\n", label, (int)(fraction * 100), stage, rest);
        fflush(b->out);
        b->tenth = (int)(fraction * 10);
    }
    snprintf(b->stage, sizeof b->stage, "%s", stage);
    snprintf(b->label, sizeof b->label, "%s", label);
}

void bar_clear(struct bar *b) {
    if (b->drawn)
        fputs("\r\033[2K", b->out);
    fflush(b->out);
    b->drawn = false;
}
