/* bar.c - a progress bar. */
#include "app/bar.h"
#include "base/buf.h"
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

static uint32_t utf8_next(const char **s) {
    uint8_t c = (uint8_t) * (*s)++;
    uint32_t v = c < 0x80 ? c : c < 0xE0 ? c & 0x1F : c < 0xF0 ? c & 0x0F : c & 0x07;
    while (((uint8_t)**s & 0xC0) == 0x80)
        v = v << 6 | ((uint8_t)*(*s)++ & 0x3F);
    return v;
}

/* As terminals count: two for East Asian letters and pictures, none for what combines. */
static int char_columns(uint32_t c) {
    static const struct {
        uint32_t from, to;
    } wide[] = {{0x1100, 0x115F}, {0x2E80, 0xA4CF}, {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
                {0xFE30, 0xFE6F}, {0xFF00, 0xFF60}, {0x1F300, 0x1FAFF}, {0x20000, 0x3FFFD}};
    if ((c >= 0x300 && c <= 0x36F) || c == 0x200D || c == 0xFE0F)
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(wide); i++)
        if (c >= wide[i].from && c <= wide[i].to)
            return 2;
    return 1;
}

int bar_columns(const char *s) {
    int n = 0;
    while (*s)
        n += char_columns(utf8_next(&s));
    return n;
}

/* Bytes of s that take at most max columns; cuts between characters. */
static int fitting(const char *s, int max) {
    const char *at = s;
    while (*at) {
        const char *next = at;
        max -= char_columns(utf8_next(&next));
        if (max < 0)
            break;
        at = next;
    }
    return (int)(at - s);
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

/* What is most worth its place stays in a narrow terminal: how far, how long still, the film. */
void bar_line(struct buf *out, int width, const char *label, const char *stage, double fraction,
              double speed, int64_t eta_ms) {
    char rest[64], middle[128] = "", tail[256];
    /* In a wide one each part has its own place, so that nothing moves when the stage changes. */
    bool wide = width >= 72;
    int room = width - 1 - 5; /* the last column would wrap */
    if (stage[0])
        snprintf(middle, sizeof middle, "  %s", stage);
    rest_make(rest, sizeof rest, speed, eta_ms);
    if (!wide && bar_columns(middle) + bar_columns(rest) > room - 10)
        rest_make(rest, sizeof rest, 0, eta_ms);
    if (!wide && bar_columns(middle) + bar_columns(rest) > room - 10)
        middle[0] = 0;
    int left = room - (wide ? 22 + 21 : bar_columns(middle) + bar_columns(rest));
    int cells = left >= 20 ? CLAMP(left / 2, 8, CELLS_MAX) : 0;
    int name = CLAMP(left - cells - 3, 0, 40), done = (int)(fraction * cells + 0.5);
    int n = fitting(label, name), used = 0;
    buf_add(out, str_make(label, (size_t)n));
    if (wide)
        for (used = bar_columns(label); used < name; used++)
            buf_byte(out, ' ');
    if (cells)
        buf_addc(out, "  ");
    for (int i = 0; i < cells; i++)
        buf_addc(out, i < done ? "━" : "─");
    snprintf(tail, sizeof tail, "%s%s", middle, rest);
    int over = name + (cells ? cells + 2 : 0);
    buf_addf(out, " %3d%%%.*s", (int)(fraction * 100), fitting(tail, MAX(width - 1 - 5 - over, 0)),
             tail);
}

static void draw_tty(struct bar *b, const char *label, const char *stage, double fraction,
                     double speed, int64_t eta_ms) {
    scoped(buf_done) struct buf line = BUF(4096);
    bar_line(&line, columns(b->out), label, stage, fraction, speed, eta_ms);
    fprintf(b->out, "\r\033[2K%s", line.failed ? "" : buf_cstr(&line));
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
            draw_tty(b, label, stage, fraction, speed, eta_ms);
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
