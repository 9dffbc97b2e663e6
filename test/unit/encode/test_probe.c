/* test_probe.c - what a film is, and what is wrong with one that is none. */
#include "clip.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void refused(const char *path, const char *reason, const char *words) {
    struct err e = {0};
    json_t *p = NULL;
    cr_expect_eq(op_probe(path, &p, &e), ERR_BAD_MEDIA, "%s: %d %s", path, e.code, e.msg);
    cr_expect_str_eq(err_reason(&e), reason, "%s", e.msg);
    cr_expect(strstr(e.hint, words), "%s", e.hint);
}

Test(probe, what_a_clip_holds) {
    const char *clip = clip_make("mkv", "-f lavfi -i testsrc2=s=322x240:r=30000/1001,format=yuv444p,crop=321:240:0:0:exact=1 -f lavfi -i sine=r=44100 "
                                        "-t 1 -metadata:s:a:0 language=fre -metadata:s:a:0 title=Voix "
                                        "-c:v libx264 -preset ultrafast -pix_fmt yuv444p -c:a aac");
    json_t *p = probe_ok(clip);
    cr_expect_eq(num(p, "video.0.width"), 321);
    cr_expect_eq(num(p, "video.0.fps.0"), 30000);
    cr_expect_eq(num(p, "video.0.fps.1"), 1001);
    cr_expect_eq(num(p, "video.0.vfr"), 0);
    cr_expect_str_eq(text(p, "video.0.pixel_format"), "yuv444p");
    cr_expect_str_eq(text(p, "audio.0.lang"), "fr");
    cr_expect_str_eq(text(p, "audio.0.title"), "Voix");
    cr_expect_eq(num(p, "audio.0.channels"), 1);
    cr_expect_eq(num(p, "audio.0.decodable"), 1);
}

Test(probe, rotation_and_aspect) {
    const char *flat = clip_make("mp4", "-f lavfi -i testsrc2=s=320x180 -t 0.4 -c:v libx264 -preset ultrafast");
    char args[400];
    snprintf(args, sizeof(args), "-i %s -c copy -metadata:s:v rotate=270", flat);
    json_t *p = probe_ok(clip_make("mp4", args));
    cr_expect_eq(num(p, "video.0.rotation"), 90);
    cr_expect_eq(num(p, "video.0.display_width"), 180);
    p = probe_ok(clip_make("mkv", "-f lavfi -i testsrc2=s=360x288 -t 0.4 -vf setsar=16/15 -c:v libx264 -preset ultrafast"));
    cr_expect_eq(num(p, "video.0.display_width"), 384);
    cr_expect_eq(num(p, "video.0.display_height"), 288);
}

Test(probe, interlace) {
    const char *clip = clip_make("ts", "-f lavfi -i testsrc2=s=352x288:r=50 -t 1 -vf tinterlace=interleave_top "
                                       "-c:v mpeg2video -flags +ilme+ildct -b:v 2M");
    json_t *p = probe_ok(clip);
    cr_expect_eq(num(p, "video.0.interlaced"), 1);
    cr_expect_str_eq(text(p, "video.0.field_order"), "tff");
    cr_expect_eq(num(p, "video.0.fps.0"), 25);
}

Test(probe, words_for_what_is_no_film) {
    static const char script[] = "#!/bin/sh\necho hello, this is text\n", page[] = "<!DOCTYPE html><title>Not found</title>";
    static const char zip[] = "PK\3\4 and so on and so forth, forty bytes and more of it", zeros[5000];
    refused(clip_write("mp4", "", 0), "media.empty", "empty");
    refused(clip_write("mp4", script, sizeof(script) - 1), "media.not_a_film", "text file");
    refused(clip_write("mp4", page, sizeof(page) - 1), "media.not_a_film", "web page");
    refused(clip_write("mp4", zip, sizeof(zip) - 1), "media.not_a_film", "ZIP");
    refused(clip_write("mp4", zeros, sizeof(zeros)), "media.not_a_film", "zeros");
}

Test(probe, a_cut_film_says_how_much_is_missing) {
    const char *whole = clip_make("mp4", "-f lavfi -i testsrc2=s=640x360 -t 3 -c:v libx264 -preset ultrafast -b:v 4M "
                                         "-movflags +faststart");
    struct stat st;
    cr_assert_eq(stat(whole, &st), 0);
    cr_assert_eq(truncate(whole, st.st_size / 3), 0);
    refused(whole, "media.truncated", "are missing");
    const char *tail = clip_make("mp4", "-f lavfi -i testsrc2=s=640x360 -t 3 -c:v libx264 -preset ultrafast -b:v 4M");
    cr_assert_eq(stat(tail, &st), 0);
    cr_assert_eq(truncate(tail, st.st_size / 3), 0);
    refused(tail, "media.truncated", "are missing");
}

Test(probe, ten_gigabytes_declared) {
    /* ftyp, then mdat that says 10 GB and holds nothing. */
    static const uint8_t lie[] = {0, 0, 0, 16, 'f', 't', 'y', 'p', 'i', 's', 'o', 'm', 0, 0, 0, 0,
                                  0, 0, 0, 1, 'm', 'd', 'a', 't', 0, 0, 0, 2, 0x54, 0x0b, 0xe4, 0, 1, 2, 3, 4};
    refused(clip_write("mp4", lie, sizeof(lie)), "media.truncated", "10.0 GB are missing");
}

Test(probe, sound_alone_is_no_film) {
    const char *clip = clip_make("mp3", "-f lavfi -i sine -t 1");
    refused(clip, "media.no_picture", "no picture");
    int fd = open(clip, O_RDONLY);
    struct op_io io = {.fds = &fd, .n_fds = 1};
    json_t *r = NULL, *entry = NULL;
    struct err e = {0};
    cr_expect_eq(media_op_find("probe")->run(&io, json_pack("{s:s}", "want", "audio"), &r, &e), 0, "%s", e.msg);
    cr_expect_eq(plan_audio(r, json_object(), "fr", 3, &entry, &e), 0);
    cr_expect_str_eq(text(entry, "lang"), "fr");
    cr_expect_str_eq(text(entry, "outputs.0.name"), "a3");
    close(fd);
}

Test(probe, protected_film_is_refused) {
    const char *clip = clip_make("mp4", "-f lavfi -i testsrc2=s=320x180 -t 1 -c:v libx264 -preset ultrafast "
                                        "-encryption_scheme cenc-aes-ctr -encryption_key 00112233445566778899aabbccddeeff "
                                        "-encryption_kid 00112233445566778899aabbccddeeff");
    refused(clip, "media.encrypted", "encrypted");
}

Test(probe, shared_files_work_or_say_why) {
    struct { const char *name, *reason; } files[] = {
        {"formats/hdr10-video-with-sdr-container.mp4", NULL}, {"formats/bbb_2500ms.ts", NULL},
        {"formats/sample_edit_list.mp4", NULL}, {"broken/cursed-vfr.mp4", NULL}, {"broken/no_duration.webm", NULL},
        {"broken/france.mp4", "media.no_picture"}, {"broken/truncated-gpac.mp4", "media.no_picture"},
    };
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        const char *path = clip_shared(files[i].name);
        if (files[i].reason)
            refused(path, files[i].reason, "no picture");
        else
            probe_ok(path);
    }
    json_t *p = probe_ok(clip_shared("formats/hdr10-video-with-sdr-container.mp4"));
    cr_expect_str_eq(text(p, "video.0.hdr"), "hdr10");
    p = probe_ok(clip_shared("broken/cursed-vfr.mp4"));
    cr_expect(strstr(text(p, "warnings.0"), "57600/1"));
    p = probe_ok(clip_shared("formats/bbb_2500ms.ts"));
    cr_expect_eq(json_array_size(json_object_get(p, "audio")), 1);
}
