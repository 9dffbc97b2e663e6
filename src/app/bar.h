/* bar.h - one line of progress: a bar that redraws itself on a terminal, plain lines elsewhere (a
 * line when the stage changes, and each tenth). One thread. */
#pragma once
#include "base/base.h"
#include <stdio.h>

struct bar {
    FILE *out;
    bool tty, drawn;
    char stage[64], label[128];
    int tenth;
    int64_t drawn_ms;
};

void bar_init(struct bar *b, FILE *out);
/* speed: seconds of film a second, 0 unknown; eta_ms: -1 unknown. */
void bar_draw(struct bar *b, const char *label, const char *stage, double fraction, double speed,
              int64_t eta_ms);
struct buf;
/* The line itself, at most width - 1 columns: pure, for bar_draw and its test. */
void bar_line(struct buf *out, int width, const char *label, const char *stage, double fraction,
              double speed, int64_t eta_ms);
int bar_columns(const char *utf8); /* that a terminal shows it in */
/* Wipes the bar, so that a line may be printed. */
void bar_clear(struct bar *b);
