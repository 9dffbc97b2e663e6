/* language.c - is this a language? BCP 47 (RFC 5646) tags of language, script, region and variants,
 * with the language known to ISO 639: a typing error in --subtitle would otherwise live for ever in
 * a manifest. */
#include "service/ingest/ingest.h"
#include <string.h>

/* ISO 639-1, and of ISO 639-2/3 what has no code of two letters but is asked for. */
static const char known[] = " aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca "
                            "ce ch co cr cs cu cv cy da de dv dz"
                            " ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi "
                            "ho hr ht hu hy hz ia id ie ig ii ik io"
                            " is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg "
                            "li ln lo lt lu lv mg mh mi mk ml mn mr"
                            " ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps "
                            "pt qu rm rn ro ru rw sa sc sd se sg si"
                            " sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts "
                            "tt tw ty ug uk ur uz ve vi vo wa wo xh"
                            " yi yo za zh zu ast bho ceb ckb cmn egy fil fur gsw haw hmn hsb kab "
                            "kok lad lzh mai mni nah nap nds pap"
                            " sat scn sco shn smn syr szl tet tlh tok und vec war wuu yue zxx mul "
                            "mis arz apc ary hak nan rom ";

/* Codes of three letters that have one of two: the shorter is the canonical one. */
static const char shorter[] = " ara:ar bul:bg cat:ca ces:cs cze:cs cym:cy wel:cy dan:da deu:de "
                              "ger:de ell:el gre:el eng:en epo:eo est:et"
                              " eus:eu baq:eu fas:fa per:fa fin:fi fra:fr fre:fr gle:ga glg:gl "
                              "heb:he hin:hi hrv:hr hun:hu hye:hy arm:hy"
                              " ind:id isl:is ice:is ita:it jpn:ja kat:ka geo:ka kaz:kk kor:ko "
                              "lat:la lav:lv lit:lt mkd:mk mac:mk msa:ms"
                              " may:ms nld:nl dut:nl nor:no nob:nb nno:nn pol:pl por:pt ron:ro "
                              "rum:ro rus:ru slk:sk slo:sk slv:sl spa:es"
                              " sqi:sq alb:sq srp:sr swa:sw swe:sv tam:ta tel:te tha:th tur:tr "
                              "ukr:uk urd:ur vie:vi zho:zh chi:zh ";

static bool all_of(struct str s, bool letters, bool digits) {
    for (size_t i = 0; i < s.n; i++) {
        char c = (char)(s.p[i] | 0x20);
        bool letter = c >= 'a' && c <= 'z', digit = s.p[i] >= '0' && s.p[i] <= '9';
        if (!(letter && letters) && !(digit && digits))
            return false;
    }
    return s.n > 0;
}

static void cased(char *p, size_t n, bool first_upper, bool rest_upper) {
    for (size_t i = 0; i < n; i++) {
        bool upper = i == 0 ? first_upper : rest_upper;
        if (upper && p[i] >= 'a' && p[i] <= 'z')
            p[i] -= 32;
        else if (!upper && p[i] >= 'A' && p[i] <= 'Z')
            p[i] += 32;
    }
}

static bool in_list(const char *list, struct str word) {
    char key[8];
    if (word.n > 3)
        return false;
    memcpy(key + 1, word.p, word.n);
    key[0] = key[word.n + 1] = ' ';
    key[word.n + 2] = 0;
    return strstr(list, key) != NULL;
}

static struct str language_short(struct str lang) {
    char key[8];
    if (lang.n != 3)
        return lang;
    memcpy(key + 1, lang.p, 3);
    key[0] = ' ';
    key[4] = ':';
    key[5] = 0;
    const char *at = strstr(shorter, key);
    return at ? str_make(at + 5, 2) : lang;
}

bool language_parse(struct str tag, struct arena *a, struct str *ret) {
    struct str part, rest = str_dup(a, tag);
    if (!rest.p || tag.n < 2 || tag.n > 35)
        return false;
    rest = str_cut(rest, '-', &part);
    if (!all_of(part, true, false))
        return false;
    cased((char *)part.p, part.n, false, false);
    struct str lang = language_short(part);
    if (!in_list(known, lang))
        return false;
    bool script = false, region = false;
    struct str out = lang;
    while (rest.p) {
        rest = str_cut(rest, '-', &part);
        if (part.n == 4 && all_of(part, true, false) && !script && !region) {
            script = true;
            cased((char *)part.p, part.n, true, false);
        } else if (((part.n == 2 && all_of(part, true, false)) ||
                    (part.n == 3 && all_of(part, false, true))) &&
                   !region) {
            region = true;
            cased((char *)part.p, part.n, true, true);
        } else if (all_of(part, true, true) && part.n <= 8 &&
                   (part.n >= 5 || (part.n == 4 && part.p[0] <= '9'))) { /* a variant */
            region = true;
            cased((char *)part.p, part.n, false, false);
        } else {
            return false;
        }
        out = str_printf(a, STR_FMT "-" STR_FMT, STR_ARG(out), STR_ARG(part));
    }
    *ret = str_dup(a, out);
    return ret->p != NULL;
}

/* Languages in themselves, as menus show them. */
static const struct {
    const char *tag, *name;
} names[] = {
    {"ar", "العربية"},    {"bg", "Български"},    {"bn", "বাংলা"},      {"ca", "Català"},
    {"cs", "Čeština"},    {"da", "Dansk"},        {"de", "Deutsch"},    {"el", "Ελληνικά"},
    {"en", "English"},    {"es", "Español"},      {"et", "Eesti"},      {"eu", "Euskara"},
    {"fa", "فارسی"},      {"fi", "Suomi"},        {"fr", "Français"},   {"ga", "Gaeilge"},
    {"gl", "Galego"},     {"he", "עברית"},        {"hi", "हिन्दी"},      {"hr", "Hrvatski"},
    {"hu", "Magyar"},     {"id", "Indonesia"},    {"is", "Íslenska"},   {"it", "Italiano"},
    {"ja", "日本語"},     {"ko", "한국어"},       {"lt", "Lietuvių"},   {"lv", "Latviešu"},
    {"ms", "Melayu"},     {"nb", "Norsk bokmål"}, {"nl", "Nederlands"}, {"no", "Norsk"},
    {"pl", "Polski"},     {"pt", "Português"},    {"ro", "Română"},     {"ru", "Русский"},
    {"sk", "Slovenčina"}, {"sl", "Slovenščina"},  {"sr", "Српски"},     {"sv", "Svenska"},
    {"ta", "தமிழ்"},       {"te", "తెలుగు"},        {"th", "ไทย"},        {"tr", "Türkçe"},
    {"uk", "Українська"}, {"ur", "اردو"},         {"vi", "Tiếng Việt"}, {"zh", "中文"},
    {"und", "Original"},  {"zxx", "—"},
};

const char *language_autonym(struct str tag) {
    struct str lang;
    str_cut(tag, '-', &lang);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq(tag, str_of(names[i].tag)) || str_eq(lang, str_of(names[i].tag)))
            return names[i].name;
    return "Original";
}
