/* test_images.c - storyboard, still and poster. */
#include "clip.h"
#include "media/image/image_int.h"
#include <fcntl.h>
#include <unistd.h>

Test(images, storyboard_and_art_of_a_clip) {
    /* Black, then a picture, then white: the still is the picture. */
    const char *clip = clip_make("mp4", "-f lavfi -i color=black:s=640x360:r=25:d=4 -f lavfi -i testsrc2=s=640x360:r=25:d=4 "
                                        "-f lavfi -i color=white:s=640x360:r=25:d=4 -filter_complex concat=n=3 "
                                        "-c:v libx264 -preset ultrafast");
    struct made m = made_encode(clip, "{\"preset\":\"ultrafast\"}");
    int fds[4] = {m.rungs[0], m.rungs[1], clip_fd(), clip_fd()};
    struct op_io io = {.fds = fds, .n_fds = 4};
    json_t *r = NULL;
    struct err e = {0};
    cr_assert_eq(media_op_find("images")->run(&io, json_pack("{s:O,s:O}", "plan", m.plan, "video", m.video), &r, &e), 0,
                 "%s", e.msg);
    cr_expect(num(r, "time_us") >= 4000000 && num(r, "time_us") < 8000000, "chose %ld", num(r, "time_us"));
    cr_expect_eq(num(r, "storyboard.count"), 6);
    cr_expect_eq(num(r, "storyboard.every"), 180000);
    cr_expect_eq(num(r, "storyboard.sheets.0.tiles"), 6);
    cr_expect_eq(num(r, "storyboard.sheets.0.duration"), 12 * 90000);
    json_t *a;
    size_t i;
    bool poster = false, still = false;
    json_array_foreach(json_object_get(r, "art"), i, a) {
        uint8_t jpeg[3];
        cr_assert_eq(pread(fds[3], jpeg, 3, num(a, "offset")), 3);
        cr_expect(jpeg[0] == 0xff && jpeg[1] == 0xd8 && jpeg[2] == 0xff, "not a JPEG");
        poster |= strcmp(text(a, "kind"), "poster") == 0 && num(a, "width") * 3 == num(a, "height") * 2;
        still |= strcmp(text(a, "kind"), "still") == 0 && num(a, "width") * 9 == num(a, "height") * 16;
    }
    cr_expect(poster && still);
    cr_expect_eq(lseek(fds[2], 0, SEEK_END), num(r, "storyboard.sheets.0.length"));
    cr_expect_eq(text(r, "color")[0], '#');
}

static AVFrame *picture(int (*light)(int x, int y)) {
    AVFrame *f = av_frame_alloc();
    f->width = 192;
    f->height = 108;
    f->format = AV_PIX_FMT_YUV420P;
    cr_assert(av_frame_get_buffer(f, 0) >= 0);
    for (int y = 0; y < 108; y++)
        for (int x = 0; x < 192; x++)
            f->data[0][y * f->linesize[0] + x] = (uint8_t)light(x, y);
    for (int c = 1; c < 3; c++)
        memset(f->data[c], 128, (size_t)f->linesize[c] * 54);
    return f;
}

static int black(int x, int y) { return 16; }
static int scene(int x, int y) { return 40 + (x * 7 + y * 13 + (x * y) % 31) % 150; }
static int logo(int x, int y) { return x > 80 && x < 110 && y > 40 && y < 60 ? 230 : 20; }

Test(images, dark_and_flat_pictures_score_low) {
    double s = picture_score(picture(scene)), l = picture_score(picture(logo)), b = picture_score(picture(black));
    cr_expect(s > 2 * l && l >= b, "scene %f logo %f black %f", s, l, b);
}

static int tiles(int x, int y) { return 60 + (x / 9 + y / 7) % 3 * 50; }
/* The same after a camera that moved by 12 pixels; and sharp in its right half only. */
static int moved(int x, int y) {
    int sum = 0;
    for (int i = 0; i < 12; i++)
        sum += tiles(x + i, y);
    return sum / 12;
}
static int half_moved(int x, int y) { return x < 96 ? moved(x, y) : tiles(x, y); }

Test(images, blur_shows_and_a_blurred_ground_is_forgiven) {
    double sharp = picture_sharpness(picture(tiles)), soft = picture_sharpness(picture(moved));
    double half = picture_sharpness(picture(half_moved));
    cr_expect(soft < 0.6 * sharp, "sharp %f moved %f", sharp, soft);
    cr_expect(half > 0.9 * sharp, "sharp %f half %f", sharp, half);
    cr_expect_eq(picture_sharpness(picture(black)), 0);
}

static int on_the_right(int x, int y) { return x > 130 && x < 170 ? 40 + (x / 8 + y / 8) % 2 * 160 : 100; }

Test(images, a_poster_keeps_what_there_is_to_see) {
    int x = picture_busiest_x(picture(on_the_right), 72);
    cr_expect(x >= 90 && x % 2 == 0, "%d", x);
}

/* 192x108 with 14 black lines above and below: a scene at dusk, whose upper half is black now and then. */
static int letterboxed(int x, int y) { return y < 14 || y >= 94 ? 16 + (x * y) % 3 : scene(x, y); }
static int letterboxed_night(int x, int y) { return y < 50 ? 16 : letterboxed(x, y); }
static int letterboxed_titled(int x, int y) { return y > 98 && y < 104 && x % 3 ? 220 : letterboxed(x, y); }
static int pillars(int x, int y) { return x < 66 || x >= 126 ? 16 : scene(x, y); }
static int title_card(int x, int y) { return y > 50 && y < 58 ? 16 + x % 2 * 200 : 16; }

static struct bars agreed(int (*const *lights)(int, int), size_t n) {
    struct bars b[BARS_PICTURES_MAX];
    size_t lit = 0;
    for (size_t i = 0; i < n; i++)
        lit += picture_bars(picture(lights[i]), &b[lit]);
    return bars_agree(b, lit);
}

Test(images, bars_are_what_lit_pictures_share) {
    int (*const film[])(int, int) = {letterboxed, letterboxed_night, black, letterboxed, letterboxed_titled,
                                     letterboxed, letterboxed_night, letterboxed};
    struct bars b = agreed(film, ARRAY_LEN(film));
    cr_expect(b.side[BAR_TOP] == 14 && b.side[BAR_BOTTOM] == 14 && !b.side[BAR_LEFT] && !b.side[BAR_RIGHT],
              "%d %d %d %d", b.side[0], b.side[1], b.side[2], b.side[3]);
    struct crop c = bars_cut(picture(letterboxed), &b);
    cr_expect(c.x == 0 && c.w == 192 && c.y == 16 && c.h == 76, "%d+%d %d+%d", c.x, c.w, c.y, c.h);
    /* A night's own darkness stays, and words in a bar are not cut through. */
    cr_expect_eq(bars_cut(picture(letterboxed_night), &b).y, 16);
    cr_expect_geq(bars_cut(picture(letterboxed_titled), &b).y + bars_cut(picture(letterboxed_titled), &b).h, 104);
    cr_expect_eq(bars_cut(picture(scene), &b).h, 108);
}

Test(images, pillars_are_cut_and_titles_on_black_are_not) {
    int (*const upright[])(int, int) = {pillars, pillars, pillars};
    struct bars b = agreed(upright, 3);
    struct crop c = bars_cut(picture(pillars), &b);
    cr_expect(c.x == 68 && c.w == 56 && c.h == 108, "%d+%d, %d", c.x, c.w, c.h);
    int (*const cards[])(int, int) = {title_card, title_card, title_card, title_card};
    b = agreed(cards, 4);
    cr_expect_eq(bars_cut(picture(title_card), &b).h, 108);
    cr_expect_eq(bars_cut(picture(pillars), &(struct bars){0}).w, 192, "too few pictures cut nothing");
}
