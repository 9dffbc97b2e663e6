/* The progress bar at every width: it never wraps, and keeps what matters. */
#include "app/bar.h"
#include "base/buf.h"
#include <criterion/criterion.h>
#include <string.h>

static const char *line(struct buf *b, int width, const char *label, double speed, int64_t eta_ms) {
    buf_reset(b);
    bar_line(b, width, label, "converting subtitles", 0.42, speed, eta_ms);
    return buf_cstr(b);
}

Test(bar, never_wraps_and_always_tells_how_far) {
    static const char *const labels[] = {"", "a", "(12/40) Ein schöner Film, der kein Ende nimmt",
                                         "七人の侍 Seven Samurai", "e\xCC\x81\xCC\x81\xCC\x81"};
    struct buf b = BUF(4096);
    for (int width = 21; width <= 240; width++)
        for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
            const char *s = line(&b, width, labels[i], 12.3, 3723000);
            cr_assert_lt(bar_columns(s), width, "%d columns: \"%s\"", width, s);
            cr_assert(strstr(s, " 42%"), "%d columns: \"%s\"", width, s);
        }
    buf_done(&b);
}

Test(bar, shows_at_each_usual_width_what_there_is_room_for) {
    struct buf b = BUF(4096);
    cr_expect_str_eq(line(&b, 40, "Sintel", 1.5, 83000), "Sintel  ━━━━━──────  42%  1:23 left");
    cr_expect_str_eq(line(&b, 80, "Sintel", 1.5, 83000),
                     "Sintel         ━━━━━━─────────  42%  converting subtitles  1.5x  1:23 left");
    const char *s = line(&b, 200, "Sintel", 1.5, 83000);
    cr_expect(strstr(s, "━━━━━━━━━━━━━─────────────────  42%  converting subtitles  1.5x  1:23 left"),
              "%s", s);
    buf_done(&b);
}
