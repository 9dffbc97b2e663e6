/*
 * language.c - in which language the words of subtitles are, by CLD2: its tables lie in its library, so that it works
 * where no file can be opened. It is C++ without a header for C; the one function that we call takes plain types only, so
 * that its name is all there is to say (docs/decisions; meson.build looks whether it is there).
 */
#include "media/text/text.h"
#include <string.h>

enum { SAMPLE_MAX = 128 << 10, LANGUAGES = 3 };

/* CLD2::ExtDetectLanguageSummary(text, n, is_plain_text, language3, percent3, text_bytes, is_reliable): a language. */
int cld2_summary(const char *text, int n, bool plain, int language3[LANGUAGES], int percent3[LANGUAGES], int *bytes,
                 bool *reliable) __asm__("_ZN4CLD224ExtDetectLanguageSummaryEPKcibPNS_8LanguageEPiS4_Pb");
/* CLD2::LanguageCode(language): static. */
const char *cld2_code(int language) __asm__("_ZN4CLD212LanguageCodeENS_8LanguageE");

/* Codes of its time, and what they are called since. */
static const char *const renamed[][2] = {{"iw", "he"}, {"jw", "jv"}, {"tl", "fil"}, {"mo", "ro"}, {"sr-ME", "sr"}, {"un", ""}};

struct text_language text_language_find(const struct cues *c) {
    scoped(buf_done) struct buf words = BUF(SAMPLE_MAX + (1 << 20));
    struct text_language found = {.tag = ""};
    int languages[LANGUAGES], percent[LANGUAGES], bytes = 0;
    bool reliable = false;
    for (size_t i = 0; i < c->n && words.n < SAMPLE_MAX; i++) {
        cue_plain(&words, c->v[i].text);
        buf_byte(&words, '\n');
    }
    if (words.failed || words.n == 0 || !str_is_utf8(buf_str(&words)))
        return found;
    cld2_summary((const char *)words.p, (int)words.n, true, languages, percent, &bytes, &reliable);
    const char *tag = cld2_code(languages[0]);
    for (size_t i = 0; i < ARRAY_LEN(renamed); i++)
        if (strcmp(tag, renamed[i][0]) == 0)
            tag = renamed[i][1];
    if (!reliable || strlen(tag) >= sizeof found.tag)
        return found;
    memcpy(found.tag, tag, strlen(tag) + 1);
    found.percent = CLAMP(percent[0], 0, 100);
    return found;
}
