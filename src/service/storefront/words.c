/* words.c - names of rows, in the language of who asks. */
#include "service/storefront/storefront_int.h"

static const struct {
    const char *lang, *text[ROW_WORDS];
} words[] = {
    {"en", {"Continue watching", "New", "All titles", "In %s", "My list", "Top 10", "Leaving soon"}},
    {"fr", {"Reprendre", "Nouveautés", "Tous les titres", "En %s", "Ma liste", "Top 10", "Bientôt retirés"}},
    {"de", {"Weiterschauen", "Neu", "Alle Titel", "Auf %s", "Meine Liste", "Top 10", "Nur noch kurz"}},
    {"es", {"Seguir viendo", "Novedades", "Todos los títulos", "En %s", "Mi lista", "Los 10 más vistos", "Últimos días"}},
    {"it", {"Continua a guardare", "Novità", "Tutti i titoli", "In %s", "La mia lista", "I 10 più visti", "In scadenza"}},
    {"pt", {"Continuar a ver", "Novidades", "Todos os títulos", "Em %s", "A minha lista", "Os 10 mais vistos", "Últimos dias"}},
    {"nl", {"Verder kijken", "Nieuw", "Alle titels", "In het %s", "Mijn lijst", "Top 10", "Binnenkort weg"}},
    {"pl", {"Oglądaj dalej", "Nowości", "Wszystkie tytuły", "Język: %s", "Moja lista", "Top 10", "Wkrótce znikną"}},
};

/* Languages by their own name (endonyms), which need no translation. */
static const struct {
    const char *lang, *name;
} endonyms[] = {
    {"ar", "العربية"},    {"bg", "Български"},  {"ca", "Català"},     {"cs", "Čeština"},
    {"da", "Dansk"},      {"de", "Deutsch"},    {"el", "Ελληνικά"},   {"en", "English"},
    {"es", "Español"},    {"et", "Eesti"},      {"fa", "فارسی"},      {"fi", "Suomi"},
    {"fr", "Français"},   {"he", "עברית"},      {"hi", "हिन्दी"},      {"hr", "Hrvatski"},
    {"hu", "Magyar"},     {"id", "Indonesia"},  {"it", "Italiano"},   {"ja", "日本語"},
    {"ko", "한국어"},     {"lt", "Lietuvių"},   {"lv", "Latviešu"},   {"nl", "Nederlands"},
    {"no", "Norsk"},      {"nb", "Norsk"},      {"pl", "Polski"},     {"pt", "Português"},
    {"ro", "Română"},     {"ru", "Русский"},    {"sk", "Slovenčina"}, {"sl", "Slovenščina"},
    {"sr", "Српски"},     {"sv", "Svenska"},    {"th", "ไทย"},        {"tr", "Türkçe"},
    {"uk", "Українська"}, {"vi", "Tiếng Việt"}, {"zh", "中文"},
};

const char *row_word(struct str langs, enum row_word word) {
    struct str offered[ARRAY_LEN(words)];
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        offered[i] = str_of(words[i].lang);
    int best = catalog_language_best(langs, offered, ARRAY_LEN(words));
    return words[best < 0 ? 0 : best].text[word];
}

struct str language_name(struct str lang) {
    struct str primary;
    str_cut(lang, '-', &primary);
    for (size_t i = 0; i < ARRAY_LEN(endonyms); i++)
        if (str_eq_nocase(primary, str_of(endonyms[i].lang)))
            return str_of(endonyms[i].name);
    return lang;
}

struct str row_language_title(struct str langs, struct str lang, struct arena *a) {
    struct str pattern = str_of(row_word(langs, WORD_LANGUAGE)), name = language_name(lang);
    ptrdiff_t at = str_find(pattern, STR("%s"));
    assert(at >= 0);
    return str_printf(a, STR_FMT STR_FMT STR_FMT, STR_ARG(str_slice(pattern, 0, (size_t)at)),
                      STR_ARG(name), STR_ARG(str_slice(pattern, (size_t)at + 2, pattern.n)));
}
