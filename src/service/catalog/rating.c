/*
 * rating.c - national systems of age ratings: which labels each knows and from which age on a title with such a label may be
 * seen. Advisory labels count with the age that their board names; where it names none, with that of the next stricter
 * system of the country.
 */
#include "service/catalog/catalog_int.h"

#define L(label, age) {label, age}
const struct rating_system rating_systems[] = {
    {"MPA", "US", "Motion Picture Association", {L("G", 0), L("PG", 10), L("PG-13", 13), L("R", 17), L("NC-17", 18)}},
    {"TVPG", "US", "TV Parental Guidelines",
     {L("TV-Y", 0), L("TV-G", 0), L("TV-Y7", 7), L("TV-PG", 10), L("TV-14", 14), L("TV-MA", 17)}},
    {"CHVRS", "CA", "Canadian Home Video Rating System", {L("G", 0), L("PG", 10), L("14A", 14), L("18A", 18), L("R", 18)}},
    {"BBFC", "GB", "British Board of Film Classification",
     {L("U", 0), L("PG", 8), L("12A", 12), L("12", 12), L("15", 15), L("18", 18), L("R18", 18)}},
    {"IFCO", "IE", "Irish Film Classification Office",
     {L("G", 0), L("PG", 8), L("12A", 12), L("12", 12), L("15A", 15), L("15", 15), L("16", 16), L("18", 18)}},
    {"FSK", "DE", "Freiwillige Selbstkontrolle der Filmwirtschaft",
     {L("0", 0), L("6", 6), L("12", 12), L("16", 16), L("18", 18)}},
    {"JMK", "AT", "Jugendmedienkommission", {L("0", 0), L("6", 6), L("8", 8), L("10", 10), L("12", 12), L("14", 14), L("16", 16)}},
    {"CNC", "FR", "Centre national du cinéma", {L("TP", 0), L("12", 12), L("16", 16), L("18", 18)}},
    {"ARCOM", "FR", "Signalétique jeunesse", {L("TP", 0), L("-10", 10), L("-12", 12), L("-16", 16), L("-18", 18)}},
    {"KIJKWIJZER", "NL", "Kijkwijzer",
     {L("AL", 0), L("6", 6), L("9", 9), L("12", 12), L("14", 14), L("16", 16), L("18", 18)}},
    {"ICAA", "ES", "Instituto de la Cinematografía", {L("A", 0), L("7", 7), L("12", 12), L("16", 16), L("18", 18)}},
    {"IT", "IT", "Classificazione opere cinematografiche", {L("T", 0), L("6+", 6), L("10+", 10), L("14+", 14), L("18+", 18)}},
    {"DK", "DK", "Medierådet", {L("A", 0), L("7", 7), L("11", 11), L("15", 15)}},
    {"SE", "SE", "Mediemyndigheten", {L("Btl", 0), L("7", 7), L("11", 11), L("15", 15)}},
    {"NO", "NO", "Medietilsynet", {L("A", 0), L("6", 6), L("9", 9), L("12", 12), L("15", 15), L("18", 18)}},
    {"KAVI", "FI", "Kansallinen audiovisuaalinen instituutti", {L("S", 0), L("7", 7), L("12", 12), L("16", 16), L("18", 18)}},
    {"ACB", "AU", "Australian Classification Board",
     {L("G", 0), L("PG", 8), L("M", 15), L("MA15+", 15), L("R18+", 18), L("X18+", 18)}},
    {"EIRIN", "JP", "映画倫理機構", {L("G", 0), L("PG12", 12), L("R15+", 15), L("R18+", 18)}},
    {"KMRB", "KR", "영상물등급위원회", {L("ALL", 0), L("12", 12), L("15", 15), L("19", 18)}},
    {"CBFC", "IN", "Central Board of Film Certification",
     {L("U", 0), L("UA", 12), L("UA 7+", 7), L("UA 13+", 13), L("UA 16+", 16), L("A", 18), L("S", 18)}},
    {"CLASSIND", "BR", "Classificação Indicativa",
     {L("L", 0), L("6", 6), L("10", 10), L("12", 12), L("14", 14), L("16", 16), L("18", 18)}},
    {"RARS", "RU", "Возрастная классификация", {L("0+", 0), L("6+", 6), L("12+", 12), L("16+", 16), L("18+", 18)}},
    {NULL}};
#undef L

int rating_age(struct str system, struct str label) {
    for (const struct rating_system *s = rating_systems; s->name; s++)
        for (size_t i = 0; str_eq(system, str_of(s->name)) && i < RATING_LABELS && s->labels[i].label; i++)
            if (str_eq(label, str_of(s->labels[i].label)))
                return s->labels[i].age;
    return -1;
}
