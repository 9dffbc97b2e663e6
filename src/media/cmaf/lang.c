/*
 * lang.c - the three-letter code (ISO 639-2/T) that `mdhd` has room for. The full BCP 47 tag is in
 * `elng` and in the manifests, so a language missing here loses nothing but an old player's menu
 * entry.
 */
#include "media/cmaf/cmaf_int.h"
#include <string.h>

/* Two letters, three letters. */
static const char table[] = "aaaar ababk afafr akaka amamh arara asasm azaze bebel bgbul bnben "
                            "bobod brbre bsbos cacat ceche "
                            "cocos csces cycym dadan dedeu dzdzo eeewe elell eneng eoepo esspa "
                            "etest eueus fafas fffulfifin fofao "
                            "frfra fyfry gagle gdgla glglg gngrn guguj hahau heheb hihin hrhrv "
                            "hthat huhun hyhye idind igibo "
                            "isisl ititaiuiku jajpn jvjav kakat kkkaz klkal kmkhm knkan kokor "
                            "kukur kykir lalat lbltz lglug lnlin "
                            "lolao ltlit lvlav mgmlg mimri mkmkd mlmal mnmon mrmar msmsa mtmlt "
                            "mymya nbnob nenep nlnld nnnno nonor "
                            "nynya ococi omorm orori papan plpol pspus ptpor quque rmroh rnrun "
                            "roron rurus rwkin sasan scsrd sdsnd "
                            "sesme sgsag sisin skslk slslv smsmo snsna sosom sqsqi srsrp "
                            "sssswstsot susun svswe swswa tatam tetel "
                            "tgtgk ththa titir tktuk tltgl tntsn toton trtur tstso tttat twtwi "
                            "tytah uguig ukukr ururd uzuzb veven "
                            "vivie wowol xhxho yiyid yoyor zazha zhzho zuzul";

const char *lang_iso639_2(struct str bcp47) {
    static _Thread_local char code[4];
    struct str primary;
    str_cut(bcp47, '-', &primary);
    memcpy(code, "und", 4);
    if (primary.n != 2 && primary.n != 3)
        return code;
    for (size_t i = 0; i < primary.n; i++)
        if (primary.p[i] < 'a' || primary.p[i] > 'z')
            return code;
    if (primary.n == 3) {
        memcpy(code, primary.p, 3);
        return code;
    }
    for (size_t i = 0; i + 5 < sizeof table; i += table[i + 5] == ' ' ? 6 : 5)
        if (memcmp(table + i, primary.p, 2) == 0) {
            memcpy(code, table + i + 2, 3);
            break;
        }
    return code;
}
