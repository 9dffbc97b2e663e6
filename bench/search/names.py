# names.py - names of titles in twelve languages and ten scripts, and the same with slips of the finger; all of them from a seed, so
# that everybody has the same. English ones are MovieLens' where the folder is there (it is not part of the project), then
# combinations of their words; without it all words are made up as those of the other languages are: of syllables, or of
# the characters that a national standard calls common.
import csv, os, pathlib, random, re

SEED = 20261123
COMMON_ENGLISH = "the of a in and to love man night day house world last story girl life king blood time dark city dead heart".split()


def movielens():
    here = pathlib.Path(__file__).resolve().parents[2]
    for folder in (os.environ.get("MATINEE_MOVIELENS"), here / "../shared/data/movielens-small", here / "../../shared/data/movielens-small"):
        path = pathlib.Path(folder or "/nonexistent", "movies.csv")
        if path.exists():
            with open(path, encoding="utf-8") as f:
                for row in csv.DictReader(f):
                    name = re.sub(r"\s*\(\d{4}\)\s*$", "", row["title"])
                    name = re.sub(r"^(.*), (The|A|An|Les|Le|La|L'|Das|Der|Die|El|Il)( \(.*\))?$", r"\2 \1\3", name)
                    yield re.sub(r" \(.*\)", "", name).strip(), row["genres"].split("|")
            return


def table(codec, rows):
    """The characters of these rows of a double-byte standard."""
    out = []
    for row in rows:
        for cell in range(1, 95):
            try:
                out.append(bytes((0xA0 + row, 0xA0 + cell)).decode(codec))
            except UnicodeDecodeError:
                pass
    return out


# Onsets, vowels, ends of syllables.
SYLLABLES = {
    "en": ("b c d f g h j k l m n p r s t v w br cr dr fl gr pl sh st th tr".split(), "a e i o u ea oo ai".split(), ["", "", "n", "r", "s", "t", "ld", "ck"]),
    "de": ("b d f g h k l m n r s t w z sch st br kl pf tr".split(), "a e i o u ä ö ü ei au ie".split(), ["", "n", "r", "t", "ch", "ng", "st"]),
    "fr": ("b c d f g l m n p r s t v ch bl cr pr tr".split(), "a e é è i o u ou ai eau".split(), ["", "", "n", "r", "s", "lle", "t"]),
    "ru": ("б в г д ж з к л м н п р с т ф х ц ч ш щ".split(), "а е ё и о у ы э ю я".split(), ["", "", "й", "н", "р", "сть", "в"]),
    "el": ("β γ δ ζ θ κ λ μ ν ξ π ρ σ τ φ χ ψ".split(), "α ε η ι ο υ ω ά έ ί ό".split(), ["", "", "ς", "ν"]),
    "ar": ("ب ت ث ج ح خ د ذ ر ز س ش ص ض ط ظ ع غ ف ق ك ل م ن ه".split(), ["", "", "ا", "و", "ي"], [""]),
    "he": ("א ב ג ד ה ז ח ט כ ל מ נ ס ע פ צ ק ר ש ת".split(), ["", "", "ו", "י"], [""]),
    "hi": ("क ख ग घ च ज ट ड त द न प फ ब भ म य र ल व श स ह".split(), ["", "", "ा", "ि", "ी", "ु", "े", "ो"], ["", "", "", "ं"]),
    "th": ("ก ข ค ง จ ช ด ต ท น บ ป พ ม ย ร ล ว ส ห".split(), ["า", "ิ", "ี", "ุ", "ู", "ะ", "อ"], ["", "", "น", "ง", "ก", "ม", "่"]),
}
HAN = {"zh": ("gb2312", range(16, 56)), "ja": ("euc_jp", range(16, 48))}
HANGUL = ("euc_kr", range(16, 41))
KANA = [chr(c) for c in range(0x304B, 0x3094) if chr(c) not in "っゎゐゑ"] + [chr(c) for c in range(0x30AB, 0x30EE)]
LANGUAGES = ["en", "de", "fr", "ru", "el", "ar", "he", "hi", "zh", "ja", "th", "ko"]
SCRIPTS = {"Latin": ["en", "de", "fr"], "Cyrillic": ["ru"], "Greek": ["el"], "Arabic": ["ar"], "Hebrew": ["he"], "Devanagari": ["hi"],
           "Han": ["zh"], "Japanese": ["ja"], "Thai": ["th"], "Hangul": ["ko"]}


class Language:
    """The words of one, the common ones often (Zipf), and names made of them."""

    def __init__(self, lang, n_words=20_000):
        self.lang, self.r = lang, random.Random(f"{SEED} {lang}")
        self.blank = "" if lang in ("zh", "ja", "th") else " "
        self.letters = None
        if lang in HAN:
            self.letters = table(*HAN[lang])
            self.r.shuffle(self.letters)
        if lang == "ko":
            self.letters = table(*HANGUL)
        seen, self.words = set(), []
        if lang == "en":
            for name, _ in movielens():
                for w in re.findall(r"[A-Za-zÀ-ÿ']+", name):
                    if w.lower() not in seen:
                        seen.add(w.lower())
                        self.words.append(w)
            self.r.shuffle(self.words)
            self.words = [w.capitalize() for w in COMMON_ENGLISH] + self.words
        while len(self.words) < n_words:
            w = self.word()
            if w not in seen:
                seen.add(w)
                self.words.append(w)
        self.weights, total = [], 0.0
        for i in range(len(self.words)):
            total += 1 / (i + 8)
            self.weights.append(total)

    def word(self):
        r = self.r
        if self.lang == "ko":
            return "".join(r.choice(self.letters) for _ in range(r.choice((1, 2, 2, 3, 4))))
        if self.lang == "zh":
            return "".join(r.choice(self.letters) for _ in range(r.choice((1, 2, 2, 2, 3))))
        if self.lang == "ja":
            if r.random() < 0.5:
                return "".join(r.choice(self.letters) for _ in range(r.choice((1, 2, 2, 3))))
            return "".join(r.choice(KANA) for _ in range(r.randint(2, 5)))
        onsets, vowels, ends = SYLLABLES[self.lang]
        n = r.choice((1, 2, 2, 3, 3, 4)) + (self.lang in ("ar", "he"))
        w = "".join(r.choice(onsets) + r.choice(vowels) + (r.choice(ends) if k == n - 1 or r.random() < 0.2 else "") for k in range(n))
        return w.capitalize() if w[0].islower() else w

    def name(self):
        n = self.r.choice((1, 2, 2, 3, 3, 4)) if self.blank else self.r.choice((1, 2, 2, 3))
        return self.blank.join(self.r.choices(self.words, cum_weights=self.weights, k=n))


def titles(n):
    """n titles: {language: name}. No two have the same name in a language, or one that is nothing but a common word."""
    languages = {lang: Language(lang) for lang in LANGUAGES}
    taken = {lang: set() for lang in LANGUAGES}
    real = iter(movielens())
    for _ in range(n):
        names, genres = {}, []
        for lang, of in languages.items():
            while True:
                name = None
                if lang == "en":
                    name, genres = next(real, (None, []))
                name = name or of.name()
                key = name.lower().replace(" ", "")
                if len(key) < (2 if lang in HAN else 3) or key in taken[lang]:
                    continue
                taken[lang].add(key)
                names[lang] = name
                break
        yield names, genres


KEYS = ["qwertyuiop", "asdfghjkl", "zxcvbnm"]


def neighbour(r, c, letters):
    for row in KEYS:
        at = row.find(c.lower())
        if at >= 0 and r.random() < 0.7:
            return row[max(0, min(len(row) - 1, at + r.choice((-1, 1))))]
    return r.choice(letters)


def slip(r, text, letters):
    """One: a letter left out, doubled, put in, another instead (on a Latin keyboard mostly its neighbour), two changed round."""
    at = [i for i, c in enumerate(text) if c.isalnum()]
    for _ in range(50):
        i = r.choice(at)
        kind = r.choice(("out", "double", "in", "other", "other", "round", "round"))
        if kind == "out" and len(at) > 3:
            new = text[:i] + text[i + 1:]
        elif kind == "double":
            new = text[:i] + text[i] + text[i:]
        elif kind == "in":
            new = text[:i] + r.choice(letters) + text[i:]
        elif kind == "other":
            new = text[:i] + neighbour(r, text[i], letters) + text[i + 1:]
        elif kind == "round" and i + 1 < len(text) and text[i + 1].isalnum() and text[i] != text[i + 1]:
            new = text[:i] + text[i + 1] + text[i] + text[i + 2:]
        else:
            continue
        if new.lower() != text.lower():
            return new
    return text


def misspelled(all_titles, n):
    """n times (script, query, number of the title): one slip, and another in names of more than twelve letters. A script after
    the other. Of names with fewer than three letters nobody could say which one is meant."""
    r = random.Random(f"{SEED} slips")
    scripts = list(SCRIPTS)
    sample = all_titles[:: max(1, len(all_titles) // 500)]
    alphabets = {lang: sorted({c for names, _ in sample for c in names[lang].lower() if c.isalpha()}) for lang in LANGUAGES}
    out = []
    while len(out) < n:
        script = scripts[len(out) % len(scripts)]
        lang = r.choice(SCRIPTS[script])
        number = r.randrange(len(all_titles))
        name = all_titles[number][0][lang]
        n_letters = sum(c.isalnum() for c in name)
        if n_letters < 3:
            continue
        query = slip(r, name, alphabets[lang])
        if n_letters > 12:
            query = slip(r, query, alphabets[lang])
        out.append((script, query, number))
    return out
