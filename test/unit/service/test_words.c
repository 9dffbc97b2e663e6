/* The server's message catalogue: every language says everything with the facts of English, and what strangers typed stays tame. */
#include "world.h"
#include "service/words.h"

/* The names in braces of a text, sorted by where they first stand in English: "amount what". */
static bool has_fact(const char *text, const char *open, const char *close) {
    size_t n = (size_t)(close - open) + 1;
    for (const char *p = text; (p = strchr(p, '{')) != NULL; p++)
        if (strncmp(p, open, n) == 0)
            return true;
    return false;
}

static void same_facts(const char *tag, const char *a, const char *b) {
    for (const char *open = a; (open = strchr(open, '{')) != NULL; open++)
        cr_expect(has_fact(b, open, strchr(open, '}')), "%s: \"%s\" and \"%s\" do not tell the same", tag, a, b);
}

/* Every text of a language, in one order. */
static size_t texts(const struct language *l, const char **out) {
    size_t n = 0;
    for (size_t i = 0; i < WORDS_N; i++)
        out[n++] = l->words[i];
    for (size_t i = 0; i < LETTERS_N; i++) {
        out[n++] = l->letters[i].subject;
        out[n++] = l->letters[i].lead;
        out[n++] = l->letters[i].button;
        out[n++] = l->letters[i].tail;
    }
    return n;
}

Test(words, every_language_says_all_of_it) {
    const char *english[WORDS_N + 4 * LETTERS_N], *other[WORDS_N + 4 * LETTERS_N];
    size_t n = texts(&words_en, english);
    for (size_t i = 0; i < LETTERS_N; i++)
        cr_expect(words_en.letters[i].subject && words_en.letters[i].lead, "letter %zu", i);
    for (size_t l = 0; languages[l]; l++) {
        texts(languages[l], other);
        for (size_t i = 0; i < n; i++) {
            cr_expect_eq(english[i] == NULL, other[i] == NULL, "%s lacks \"%s\"", languages[l]->tag, english[i]);
            if (!english[i] || !other[i])
                continue;
            same_facts(languages[l]->tag, english[i], other[i]);
            same_facts(languages[l]->tag, other[i], english[i]);
        }
        /* Nobody's name gets into a header. */
        for (size_t i = 0; i < LETTERS_N; i++)
            cr_expect(!strstr(languages[l]->letters[i].subject, "{name}") && !strstr(languages[l]->letters[i].subject, "{device}"));
    }
}

Test(words, dates_amounts_and_who_is_spoken_to) {
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    struct currency eur = {0}, jpy = {0};
    int64_t ms = 0;
    cr_assert(currency_parse(STR("EUR"), &eur) && currency_parse(STR("JPY"), &jpy) && rfc3339_parse(STR("2027-03-05T07:09:00Z"), &ms));
    const struct language *de = language_find(STR("de-AT"));
    cr_expect_eq(de, &words_de);
    cr_expect_eq(language_find(STR("xx")), &words_en);
    cr_expect_eq(language_find(STR("")), &words_en);
#define SAYS(got, want) cr_expect(str_eq(got, STR(want)), "%s is " STR_FMT, want, STR_ARG(got))
    SAYS(words_date(&a, de, ms), "5. März 2027");
    SAYS(words_date(&a, &words_en, ms), "5 March 2027");
    SAYS(words_date_short(&a, de, ms), "05.03.2027");
    SAYS(words_time(&a, de, ms), "5. März 2027 um 07:09 Uhr (UTC)");
    SAYS(words_amount(&a, de, (struct money){-123456789, eur}), "-1.234.567,89 EUR");
    SAYS(words_amount(&a, &words_en, (struct money){99, eur}), "0.99 EUR");
    SAYS(words_amount(&a, &words_en, (struct money){1000, jpy}), "1,000 JPY");
    SAYS(words_rate(&a, de, 750), "7,50");
    SAYS(words_agent(&a, de, STR("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36 Edg/120.0")), "Edge auf Windows");
    SAYS(words_agent(&a, de, STR("<script>\r\nBcc: all@example.org")), "ein unbekanntes Gerät");
    SAYS(words_agent(&a, &words_en, STR("")), "an unknown device");
}

Test(words, what_a_stranger_typed_stays_on_one_line_is_no_link_and_fills_nothing_in) {
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    SAYS(words_tame(&a, STR(" TV\r\n\r\nYour account ends ")), "TV    Your account ends");
    SAYS(words_tame(&a, STR("https://evil.example/x@y")), "https:\u2060/\u2060/\u2060evil.\u2060example/\u2060x@\u2060y");
    SAYS(words_tame(&a, STR("Größe\u202eneb\u200bö")), "Größe neb ö");
    SAYS(words_tame(&a, STR("\xff\xfe")), "");
    SAYS(words_fill(&a, "{a}{b} {none}{", FACTS({"a", STR("{b}")}, {"b", STR("2")})), "{b}2 {");
}
